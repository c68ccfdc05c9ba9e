"""Borders that are known before anybody looks: times that were typed, edit lists, timelines, the chapters of a file."""
