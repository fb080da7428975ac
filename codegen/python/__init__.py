"""From the contract to Python code."""
