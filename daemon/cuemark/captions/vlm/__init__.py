"""Captions by a vision-language model the user has, checked against the frames by our own CLIP."""
