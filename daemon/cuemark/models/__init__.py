"""Frozen models: registry, store, image and text encoders, language models."""
