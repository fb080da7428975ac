"""Generate the SDK's models and operations from Stripe's OpenAPI document."""
