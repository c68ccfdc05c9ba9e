"""`cuemark mcp`."""
