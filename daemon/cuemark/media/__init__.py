"""Media: probe, fingerprint, sample frames."""
