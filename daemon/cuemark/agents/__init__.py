"""Tools for agents: what `cuemark mcp` offers over the Model Context Protocol, within folders that the user allowed."""
