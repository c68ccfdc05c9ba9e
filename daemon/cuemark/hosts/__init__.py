"""Editors that take markers: what their timelines hold, where moments lie on them, and how markers get there."""
