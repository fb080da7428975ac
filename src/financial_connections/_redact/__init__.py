"""Make text from outside fit to show: mask secrets, remove control characters, limit
the length. Pure.
"""

from financial_connections._redact.mask import Mask
from financial_connections._redact.nested import flatten, restore
from financial_connections._redact.text import printable, text_of_html

__all__ = ["Mask", "flatten", "printable", "restore", "text_of_html"]
