"""The library: SQLite for media, analyses with their edits, and the job queue.  The daemon is its only writer."""
