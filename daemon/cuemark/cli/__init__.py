"""The command line: typer and rich in front of the daemon's client.  Nothing heavy is imported before it is needed."""
