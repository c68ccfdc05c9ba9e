"""Sentence embeddings: texts to vectors of meaning, for topics and titles."""
