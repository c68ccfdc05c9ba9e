"""The heart: finds the moments of a feature track and says what they are, with frozen models and no training."""
