"""The page: a process of its own that speaks HTTP on loopback, and the contract to the daemon."""
