"""Speech models in folders: sound in, words with times out."""
