"""`cuemark select`: the best stretches of footage as a timeline, a movie or a set of clips."""
