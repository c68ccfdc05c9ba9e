"""The daemon, less its network: job kinds, dispatcher, worker processes, helpers, core."""
