"""Compare two contracts, and classify what the differences break."""
