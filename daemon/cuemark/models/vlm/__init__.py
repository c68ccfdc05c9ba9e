"""Vision-language models in folders, run here."""
