"""Turn the contract into Python code."""
