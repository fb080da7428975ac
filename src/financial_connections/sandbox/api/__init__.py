"""The behaviour of the API: requests in, responses out, without a network."""
