"""Feature tracks: the image vectors of a media's sampled frames, and their cache."""
