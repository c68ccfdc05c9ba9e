"""The daemon as a login service starts it.  Services of users hold this name, so it stays where it is."""
