"""Starting the daemon at login."""
