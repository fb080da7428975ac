"""Operations on sessions, each as a function.

Generated code. Do not edit.
"""

from financial_connections._generated.api.sessions.create_session import create_session
from financial_connections._generated.api.sessions.retrieve_session import (
    retrieve_session,
)

__all__ = [
    "create_session",
    "retrieve_session",
]
