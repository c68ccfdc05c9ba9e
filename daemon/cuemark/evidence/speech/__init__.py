"""What is said in a media: a transcript that was given, or one that a speech model heard."""
