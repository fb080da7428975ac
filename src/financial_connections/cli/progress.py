"""What people see while they wait: on stderr, and only when it is a terminal."""

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


class Watched:
    """A spinner with the state of each feature, as long as it is entered."""

    def __init__(self, features: Sequence[str]) -> None:
        self._features = features
        self._screen = console(stderr=True)
        self._spinner = self._screen.status(Text(f"asking for {', '.join(features)}"))

    def __enter__(self) -> Self:
        if self._screen.is_terminal:
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
        """Show how far an account's refreshes are."""
        found = dict(refreshes(account))
        states = [
            Text.assemble(
                feature, " ", status(getattr(found.get(feature), "status", None))
            )
            for feature in self._features
        ]
        self._spinner.update(Text(" · ").join(states))


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", style="dim")


async def counted(items: "AsyncIterable[T]", what: str) -> "AsyncGenerator[T]":
    """Yield the items, and show how many they are while they are read."""
    with counter() as progress:
        task = progress.add_task(what, total=None)
        async for item in items:
            yield item
            progress.advance(task)


def counter() -> Progress:
    """Return a bar that counts: how many, how fast, how long. It draws nothing where
    stderr is no terminal.
    """
    screen = console(stderr=True)
    screen.quiet = (
        not screen.is_terminal
    )  # a bar that is only disabled can still end a line
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
