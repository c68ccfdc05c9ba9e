"""What is written in the pictures of a media, read from frames of its sampling and joined over time."""
