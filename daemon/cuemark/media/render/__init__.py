"""Rendering: pictures and sound of picked stretches written as files."""
