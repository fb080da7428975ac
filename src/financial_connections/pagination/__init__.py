"""API lists, as pages or as a single stream of items.

Items are sorted newest first. With `starting_after`, the next page continues after the
last item of the current page. With `ending_before`, it continues before the first item,
which is the newest, and iteration goes from oldest to newest. Source:
https://docs.stripe.com/api/pagination
"""

from financial_connections.pagination.page import Page
from financial_connections.pagination.pager import Pager
from financial_connections.pagination.prefetch import Prefetch

__all__ = ["Page", "Pager", "Prefetch"]
