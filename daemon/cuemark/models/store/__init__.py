"""Models on this machine: the registry (data), folders, downloads."""
