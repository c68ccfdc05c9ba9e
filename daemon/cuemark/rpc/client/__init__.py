"""The client of the contract."""
