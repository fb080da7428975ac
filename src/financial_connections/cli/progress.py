"""Show progress on stderr if it is a terminal."""

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from rich.progress import (
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from financial_connections.cli.details import refreshes
from financial_connections.cli.output import console
from financial_connections.cli.tables import status

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable

    from financial_connections.models import Account

T = TypeVar("T")


class RefreshProgress:
    """A spinner with the status of each feature, shown inside its `with` block."""

    def __init__(self, features: Sequence[str]) -> None:
        """Prepare the spinner.

        Args:
            features: Features being refreshed.
        """
        self._features = features
        self._console = console(stderr=True)
        self._spinner = self._console.status(Text(f"requesting {', '.join(features)}"))

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._spinner.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._spinner.stop()

    def show(self, account: "Account") -> None:
        """Show the status of an account's refreshes.

        Args:
            account: Account, as last retrieved.
        """
        latest = dict(refreshes(account))
        texts = [
            Text.assemble(
                feature, " ", status(getattr(latest.get(feature), "status", None))
            )
            for feature in self._features
        ]
        self._spinner.update(Text(" · ").join(texts))


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", style="dim")


async def with_counter(
    items: "AsyncIterable[T]", description: str
) -> "AsyncGenerator[T]":
    """Pass items through, showing how many have been read so far.

    Args:
        items: Items to read.
        description: Plural noun for the items, such as `transactions`.

    Yields:
        The items.
    """
    with counter() as progress:
        task = progress.add_task(description, total=None)
        async for item in items:
            yield item
            progress.advance(task)


def counter() -> Progress:
    """Return a progress bar that shows the item count, rate and elapsed time."""
    screen = console(stderr=True)
    # `disable` alone is not enough: a disabled bar may still print a final newline.
    screen.quiet = not screen.is_terminal
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,}"),
        _Rate(),
        TimeElapsedColumn(),
        console=screen,
        disable=screen.quiet,
        transient=True,
    )
