"""One page of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, overload

from attrs import field, frozen

from financial_connections._decoding.shape import shape_of
from financial_connections.data.tabular import Rows, Tabular
from financial_connections.errors import PaginationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from financial_connections._response import ResponseInfo
    from financial_connections.pagination.pager import Pager

T_co = TypeVar("T_co", covariant=True)


class _ListModel(Protocol[T_co]):
    """The interface shared by all generated list models."""

    @property
    def data(self) -> Sequence[T_co]: ...
    @property
    def has_more(self) -> bool: ...
    @property
    def url(self) -> str: ...
    @property
    def request_id(self) -> str | None: ...
    @property
    def response(self) -> ResponseInfo | None: ...
    def to_dict(self) -> dict[str, Any]: ...


@frozen(eq=False, repr=False)
class Page(Tabular, Generic[T_co]):
    """One page of a list.

    Iterating, indexing and `len()` apply to the items of this page only. To iterate
    over the items of all pages, use `async for` on the pager.

    Args:
        list_model: The response.
        pager: The pager that requested the page.
    """

    data: list[T_co]
    """The items, newest first."""
    has_more: bool
    """True if there are more items in the direction of iteration."""
    url: str
    """Path of the list as sent by the server; never requested."""
    cursor: str | None
    """ID from which the next page continues: its `starting_after`, or its
    `ending_before` when iterating backwards.
    """
    request_id: str | None
    """Stripe's ID of the request that returned this page."""
    _list: _ListModel[T_co] = field(alias="list_model")
    _pager: Pager[T_co] = field(alias="pager")

    def __iter__(self) -> Iterator[T_co]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    @overload
    def __getitem__(self, index: int) -> T_co: ...
    @overload
    def __getitem__(self, index: slice) -> list[T_co]: ...
    def __getitem__(self, index: int | slice) -> T_co | list[T_co]:
        return self.data[index]

    def __repr__(self) -> str:
        items = "1 item" if len(self) == 1 else f"{len(self)} items"
        return f"Page({items}, has_more={self.has_more})"

    @property
    def response(self) -> ResponseInfo | None:
        """Metadata of the response that contained this page, such as its headers."""
        return self._list.response

    async def next(self) -> Page[T_co] | None:
        """Request the next page.

        Returns:
            The next page; None if this is the last one.

        Raises:
            PaginationError: There is no cursor to continue from, or the list leads back
                to an earlier page.
        """
        if not self.has_more:
            return None
        require_cursor(self)
        return await self._pager._following(self)

    def to_dict(self) -> dict[str, Any]:
        """Return everything that the server sent for this page."""
        return self._list.to_dict()

    def _rows(self) -> Rows:
        list_class: Any = type(self._list)
        item_class: Any = shape_of(list_class).item_class
        return Rows(self.data, item_class)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        # pydantic is imported only by programs that use it.
        from financial_connections._decoding import pydantic  # noqa: PLC0415

        return pydantic.page_schema(cls, source, handler)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        from financial_connections._decoding import pydantic  # noqa: PLC0415

        return pydantic.describe_object(cls, schema, handler)


def is_cursor(value: Any) -> bool:
    """Return True if the value can be sent as `starting_after` or `ending_before`."""
    return isinstance(value, str) and value.isprintable() and value.strip() != ""


def require_cursor(page: Page[object]) -> None:
    """Raise an error if there are more pages but no cursor to continue from."""
    if page.has_more and not is_cursor(page.cursor):
        fault = "no ID" if page.cursor is None else "an unusable ID"
        reason = f"its last item has {fault}" if page.data else "the page is empty"
        raise PaginationError(
            f"the list has more items, but no cursor to continue from: {reason}"
        )
