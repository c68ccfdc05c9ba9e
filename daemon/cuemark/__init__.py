"""Cuemark: finds the moments that matter in footage and says what they are."""

__version__ = "0.1.0"
