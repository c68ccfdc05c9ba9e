"""`cuemark doctor`."""
