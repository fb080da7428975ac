"""Actions of the customers and institutions of a sandbox, by subject."""
