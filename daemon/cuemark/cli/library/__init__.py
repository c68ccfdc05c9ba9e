"""`cuemark analyses` and `cuemark export`."""
