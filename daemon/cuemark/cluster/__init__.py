"""Scanning a library of footage on many processors, GPUs and machines, with Ray Data."""
