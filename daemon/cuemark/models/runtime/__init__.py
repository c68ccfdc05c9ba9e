"""How a model runs: devices, providers, precision, memory."""
