"""`cuemark open`: the page."""
