"""The sample world: footage we can draw, with ground truth, and the small models trained on it."""
