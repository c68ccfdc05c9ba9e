"""Shots: where the camera was cut, how much it shows, and how it moves."""
