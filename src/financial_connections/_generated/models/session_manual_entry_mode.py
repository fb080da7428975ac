"""Generated code. Do not edit."""

from typing import Literal, TypeAlias

SessionManualEntryMode: TypeAlias = Literal["automatic", "disabled"]
"""Availability of manual entry in a new session."""
