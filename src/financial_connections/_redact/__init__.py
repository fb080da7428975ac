"""Redact secrets in untrusted text and values, and make them safe to print. Pure."""

from financial_connections._redact.mask import Mask
from financial_connections._redact.nested import flatten, restore
from financial_connections._redact.secret import Secret
from financial_connections._redact.text import sanitize, strip_tags

__all__ = ["Mask", "Secret", "flatten", "restore", "sanitize", "strip_tags"]
