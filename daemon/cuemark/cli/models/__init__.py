"""`cuemark models`."""
