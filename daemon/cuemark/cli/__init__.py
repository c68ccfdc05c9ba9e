"""The command line: typer and rich in front of the daemon's client.  Nothing heavy is imported before it is needed."""

from cuemark.core.own_process import forget_the_working_folder

forget_the_working_folder()
