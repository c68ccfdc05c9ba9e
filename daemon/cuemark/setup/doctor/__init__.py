"""What `cuemark doctor` looks at: this machine, our folders, the daemon, native libraries and DaVinci Resolve."""
