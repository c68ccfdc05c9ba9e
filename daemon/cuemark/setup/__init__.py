"""What Cuemark puts outside its own folders, and takes away again: autostart, Resolve's script."""
