"""Differences between two contracts, and what they mean to users."""
