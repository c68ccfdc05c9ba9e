"""Temporal segmentation: change points, Viterbi, partitions, soft moment masks."""
