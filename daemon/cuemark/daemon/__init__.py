"""The daemon, less its network: dispatcher, worker processes, core."""
