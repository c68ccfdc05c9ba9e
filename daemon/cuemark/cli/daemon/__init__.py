"""`cuemark daemon`, `jobs`, `cache`, `uninstall`."""
