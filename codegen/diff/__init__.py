"""Compare two contracts, and classify the differences by whom they break."""
