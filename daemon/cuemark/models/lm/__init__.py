"""Frozen causal language models with tunable key/value prefixes."""
