"""The daemon as a login service starts it.  Services of users hold this name, so it stays where it is."""

from cuemark.core.own_process import forget_the_working_folder

forget_the_working_folder()  # services made by older versions say `python -m`, and start it in the home folder
