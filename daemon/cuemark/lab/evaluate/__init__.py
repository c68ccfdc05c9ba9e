"""Measured quality: what was found beside what is true."""
