"""Command groups, and the class of the commands in them."""

from math import isfinite
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from financial_connections.cli import help_pages


class _WithHelpPage:
    """Print the help pages of this package instead of Typer's."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Print the help page.

        Args:
            ctx: Click context of the invocation.
            formatter: Not used, because the page is printed at once.
        """
        help_pages.show(self, ctx)


class _WithSharedOptions(_WithHelpPage):
    """Accept the options of `fincon` itself, which then precede or follow a command."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters for parsing, help and completion.

        Args:
            ctx: Click context of the invocation.
        """
        parent: Any = super()
        return [*parent.get_params(ctx), *_shared_options(ctx)]

    def invoke(self, ctx: Any) -> Any:
        """Run the command.

        A shared option after the command overrides the same option before it.

        Args:
            ctx: Click context of the invocation.
        """
        reject_unusable_values(ctx)
        overrides = {
            option.name: ctx.params.pop(option.name) for option in _shared_options(ctx)
        }
        ctx.obj = ctx.obj.with_overrides(**overrides)
        parent: Any = super()
        return parent.invoke(ctx)


class Command(_WithSharedOptions, TyperCommand):
    """A command that also accepts the options of `fincon` itself."""


class DefaultGroup(_WithSharedOptions, TyperGroup):
    """A group that does something itself if no command of it is given."""


class Group(_WithHelpPage, TyperGroup):
    """A command group."""


def reject_unusable_values(ctx: Any) -> None:
    """Reject empty strings, such as unset shell variables, and non-finite numbers.

    Args:
        ctx: Click context of the invocation.

    Raises:
        typer.BadParameter: A value is empty or not finite.
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
        if help_pages.is_shared(option)
    ]


def shared_option(*names: str, **settings: Any) -> Any:
    """Return an option of `fincon` itself that every command also accepts.

    Args:
        names: Names of the option; derived from the parameter name by default.
        settings: Additional arguments to `typer.Option`.
    """
    return typer.Option(*names, rich_help_panel=help_pages.SHARED_OPTIONS, **settings)


def command_group(help_text: str) -> typer.Typer:
    """Return an empty command group.

    Args:
        help_text: Help text of the group.
    """
    return typer.Typer(cls=Group, help=help_text)


def format_examples(*commands: str) -> str:
    """Format examples for the end of a help text.

    Args:
        commands: Command lines, without a prompt.
    """
    return "\n".join(["Examples", *(f"$ {command}" for command in commands)])
