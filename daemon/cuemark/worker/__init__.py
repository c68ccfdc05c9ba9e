"""The process that runs jobs, and the daemon's side of it."""
