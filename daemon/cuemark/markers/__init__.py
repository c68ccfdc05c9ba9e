"""Markers: how moments and chapters look on a timeline, and how ours are told from all others."""
