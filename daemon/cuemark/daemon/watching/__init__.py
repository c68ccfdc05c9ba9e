"""Watched folders: footage is indexed as it arrives."""
