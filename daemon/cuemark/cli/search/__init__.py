"""`cuemark search`: segments of the footage in the library."""
