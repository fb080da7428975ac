"""From an upstream specification to the contract."""
