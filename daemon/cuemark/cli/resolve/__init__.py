"""`cuemark resolve`."""
