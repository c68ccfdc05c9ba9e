"""The script in DaVinci Resolve's menu: installing and removing it."""
