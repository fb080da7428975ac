"""Groups of commands, and the class of the commands in them."""

from math import isfinite
from typing import Any

import typer
from typer.core import TyperCommand

_SHARED_OPTIONS = "Shared options"


class Command(TyperCommand):
    """A command that also accepts the options of `fincon` itself.

    They may thus be given before the name of the command or after it.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters for parsing, help and completion.

        Args:
            ctx: Context of the invocation.
        """
        return [*super().get_params(ctx), *_shared_options(ctx)]

    def invoke(self, ctx: Any) -> Any:
        """Run the command.

        A shared option after the command overrides the same option before it.

        Args:
            ctx: Context of the invocation.
        """
        reject_unusable_values(ctx)
        overrides = {
            option.name: ctx.params.pop(option.name) for option in _shared_options(ctx)
        }
        ctx.obj = ctx.obj.with_overrides(**overrides)
        return super().invoke(ctx)


def reject_unusable_values(ctx: Any) -> None:
    """Reject empty texts, such as an unset shell variable, and infinite numbers.

    Args:
        ctx: Context of the invocation.

    Raises:
        typer.BadParameter: A parameter has such a value.
    """
    for parameter in ctx.command.get_params(ctx):
        value = ctx.params.get(parameter.name)
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if item == "":
                raise typer.BadParameter("must not be empty", ctx=ctx, param=parameter)
            if isinstance(item, float) and not isfinite(item):
                raise typer.BadParameter(
                    "must be a finite number", ctx=ctx, param=parameter
                )


def _shared_options(ctx: Any) -> list[Any]:
    return [
        option
        for option in ctx.find_root().command.params
        if getattr(option, "rich_help_panel", None) == _SHARED_OPTIONS
    ]


def shared_option(*names: str, **settings: Any) -> Any:
    """Return an option of `fincon` itself that every command accepts too.

    Args:
        names: Names of the option; derived from the parameter's name by default.
        settings: Further arguments of `typer.Option`.
    """
    return typer.Option(*names, rich_help_panel=_SHARED_OPTIONS, **settings)


def command_group(help_text: str) -> typer.Typer:
    """Return an empty group of commands.

    Args:
        help_text: Help text of the group.
    """
    return typer.Typer(help=help_text, rich_markup_mode="rich")


def format_examples(*commands: str) -> str:
    """Return the examples at the end of a help text.

    Args:
        commands: Command lines, without a prompt.
    """
    lines = (f"[cyan]$[/] {command}" for command in commands)
    return "\n".join(["[dim]Examples[/]", *lines])
