"""Groups of commands, and the kind of command that is in them."""

from math import isfinite
from typing import Any

import typer
from typer.core import TyperCommand

_EVERYWHERE = "Options of every command"


class Command(TyperCommand):
    """A command that takes the options of `fincon` itself too, so that they may stand
    where people type them.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, for parsing, help and completion alike."""
        return [*super().get_params(ctx), *_shared(ctx)]

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an option that stands behind it outdoes the same one before
        it.
        """
        refuse_unusable(ctx)
        given = {
            parameter.name: ctx.params.pop(parameter.name) for parameter in _shared(ctx)
        }
        ctx.obj = ctx.obj.overridden(**given)
        return super().invoke(ctx)


def refuse_unusable(ctx: Any) -> None:
    """Refuse what nobody means: an empty text, such as a variable that is not set, and
    a number that is not finite.
    """
    for parameter in ctx.command.get_params(ctx):
        given = ctx.params.get(parameter.name)
        for value in given if isinstance(given, (list, tuple)) else [given]:
            if value == "":
                raise typer.BadParameter("it is empty", ctx=ctx, param=parameter)
            if isinstance(value, float) and not isfinite(value):
                raise typer.BadParameter(
                    "it must be a finite number", ctx=ctx, param=parameter
                )


def _shared(ctx: Any) -> list[Any]:
    parameters = ctx.find_root().command.params
    return [
        option
        for option in parameters
        if getattr(option, "rich_help_panel", None) == _EVERYWHERE
    ]


def everywhere(*names: str, **settings: Any) -> Any:
    """Return an option of the root command that every command takes too."""
    return typer.Option(*names, rich_help_panel=_EVERYWHERE, **settings)


def group(text: str) -> typer.Typer:
    """Return an empty group of commands, with its help."""
    return typer.Typer(help=text, rich_markup_mode="rich")


def examples(*lines: str) -> str:
    """Return the end of a help text: one example a line."""
    return "\n".join(["[dim]Examples[/]", *(f"[cyan]$[/] {line}" for line in lines)])
