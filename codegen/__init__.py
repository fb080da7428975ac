"""The generator: from Stripe's OpenAPI file to our contract, and from the contract to
code.
"""
