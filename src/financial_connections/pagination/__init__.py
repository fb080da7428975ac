"""Lists of the API, as pages and as one stream of items.

Pages come newest first. With `starting_after`, the next page continues after the last
item of a page. With `ending_before`, it continues before the first item, which is the
newest, and items are iterated over from oldest to newest. Source:
https://docs.stripe.com/api/pagination
"""

from financial_connections.pagination.page import Page
from financial_connections.pagination.pager import Pager
from financial_connections.pagination.prefetch import Prefetch

__all__ = ["Page", "Pager", "Prefetch"]
