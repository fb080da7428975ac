"""Send requests over HTTP: encoding, retries, rate limits, connection pools."""
