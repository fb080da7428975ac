"""Lists of the API as pages and as one stream of items."""

from financial_connections.pagination.pages import LARGEST_PAGE, Page, Pager
from financial_connections.pagination.prefetch import Prefetch

__all__ = ["LARGEST_PAGE", "Page", "Pager", "Prefetch"]
