"""Highlights: the best stretches of moments, and a diverse set of them."""
