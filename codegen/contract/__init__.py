"""Turn an upstream OpenAPI document into the contract."""
