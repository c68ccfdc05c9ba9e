"""CLIP: the image tower in ONNX Runtime, the text tower in torch."""
