"""Lists of the API as pages and as one stream of items."""

from financial_connections.pagination.pages import Page, Pager
from financial_connections.pagination.prefetch import Prefetch

__all__ = ["Page", "Pager", "Prefetch"]
