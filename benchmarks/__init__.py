"""Compare this SDK with other clients: `python -m benchmarks`."""
