"""The laboratory: evaluation, benchmarks, the drawn sample world."""
