"""Helpers for tests of `financial_connections.fleet`."""
