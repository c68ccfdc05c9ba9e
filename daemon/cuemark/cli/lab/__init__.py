"""`cuemark eval` and `cuemark bench`."""
