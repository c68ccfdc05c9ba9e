"""The pocket pair: a small image-text model and language model of everyday things, from weights we may ship."""
