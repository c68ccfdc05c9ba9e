"""`cuemark analyze` and `cuemark demo`."""
