"""`cuemark watch`."""
