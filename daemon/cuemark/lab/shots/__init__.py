"""Shots and moves of the camera, found in drawn films of which both are known (`cuemark eval shots:drawn`)."""
