"""DaVinci Resolve: requests through a mailbox file, answers through Fusion's preferences, by a script in its menu.

Not verified on a live Resolve: the tests run the script in a simulated one.
"""
