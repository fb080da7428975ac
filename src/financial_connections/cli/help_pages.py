"""Print help pages: usage, arguments, options, commands and examples."""
# ruff: noqa: PLC0415 - lazy imports keep completion fast

import re
import sys
from collections.abc import Iterable
from enum import Enum
from inspect import cleandoc
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

SHARED_OPTIONS = "Global options"
"""The panel that marks the options of `fincon` itself."""
_ITEM = re.compile(r"\s*(\S+) {2}(\S.*)")


def is_shared(option: Any) -> bool:
    """Return True for an option of `fincon` itself that every command accepts.

    Args:
        option: Option of a command.
    """
    return getattr(option, "rich_help_panel", None) == SHARED_OPTIONS


def show(command: Any, ctx: Any) -> None:
    """Print the help page of a command or a command group.

    Args:
        command: Command or group.
        ctx: Click context of the command.
    """
    from rich.text import Text

    from financial_connections.cli.output import console

    terminal = console()
    with terminal.capture() as page:
        for part in _parts(command, ctx):
            terminal.print(part, soft_wrap=isinstance(part, Text) and part.no_wrap)
    for line in page.get().splitlines():
        sys.stdout.write(f"{line.rstrip()}\n")


def _parts(command: Any, ctx: Any) -> "Iterable[RenderableType]":
    from rich.text import Text

    for paragraph in cleandoc(command.help or "").split("\n\n"):
        yield Text(" ".join(paragraph.split()))
        yield ""
    yield Text.assemble(("Usage: ", "bold"), _usage(command, ctx))
    parameters = [item for item in command.get_params(ctx) if not _is_hidden(item)]
    arguments = [item for item in parameters if _is_argument(item)]
    yield from _section("Arguments", map(_row, arguments))
    for title, names in _commands_by_panel(command).items():
        yield from _section(title, names)
    options = [item for item in parameters if not _is_argument(item)]
    own = [option for option in options if not is_shared(option)]
    yield from _section("Options", map(_row, own))
    if ctx.parent is None:
        yield from _section(SHARED_OPTIONS, map(_row, filter(is_shared, options)))
    else:
        yield Text(f"\n{SHARED_OPTIONS}: see fincon --help", style="dim")
    for block in (command.epilog or "").split("\n\n"):
        yield from _block(block.strip("\n"))


def _is_hidden(parameter: Any) -> bool:
    return bool(getattr(parameter, "hidden", False))


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _usage(command: Any, ctx: Any) -> str:
    if hasattr(command, "commands"):
        inner = "[COMMAND]" if command.invoke_without_command else "COMMAND"
        return f"{ctx.command_path} [OPTIONS] {inner}"
    required, optional = [], []
    for parameter in command.get_params(ctx):
        value = _placeholder(parameter)
        if not _is_argument(parameter):
            value = f"{parameter.opts[0]} {value}"
        elif not parameter.required:
            optional.append(f"[{value}]")
        if parameter.required:
            required.append(value)
    return " ".join([ctx.command_path, *required, *optional, "[OPTIONS]"])


def _commands_by_panel(command: Any) -> "dict[str, list[tuple[Text, Text]]]":
    from rich.text import Text

    panels: dict[str, list[tuple[Text, Text]]] = {}
    for name, inner in getattr(command, "commands", {}).items():
        if _is_hidden(inner):
            continue
        summary = cleandoc(inner.help or "").partition("\n\n")[0]
        panel = getattr(inner, "rich_help_panel", None)
        row = (Text(name, "cyan"), Text(" ".join(summary.split())))
        panels.setdefault(str(panel) if panel else "Commands", []).append(row)
    return panels


def _row(parameter: Any) -> "tuple[Text, Text]":
    from rich.text import Text

    names = (
        "" if _is_argument(parameter) else ", ".join(sorted(parameter.opts, key=len))
    )
    value = _placeholder(parameter)
    term = Text.assemble((names, "cyan"), " " if names and value else "", value)
    return term, Text(" ".join(_description(parameter)))


def _placeholder(parameter: Any) -> str:
    if getattr(parameter, "is_flag", False):
        return ""
    name = parameter.metavar or parameter.name.upper().replace("_", "-")
    return str(name).strip("[]") if _is_argument(parameter) else str(name)


def _description(parameter: Any) -> Iterable[str]:
    text = getattr(parameter, "help", None) or ""
    yield "Show this page." if "--help" in parameter.opts else text
    if parameter.required and not _is_argument(parameter):
        yield "(required)"
    elif default := _default(parameter):
        yield f"(default: {default})"


def _default(parameter: Any) -> str:
    shown = getattr(parameter, "show_default", True)
    default = shown if isinstance(shown, str) else parameter.default
    if isinstance(default, Enum):
        default = default.value
    if type(default) is float:
        return f"{default:g}"
    return str(default) if type(default) in {str, int} and default != "-" else ""


def _section(
    title: str, rows: "Iterable[tuple[Text, Text]]"
) -> "Iterable[RenderableType]":
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for term, description in rows:
        table.add_row(Text("  ") + term, description)
    if table.row_count:
        yield Text(f"\n{title}", style="bold")
        yield table


def _block(block: str) -> "Iterable[RenderableType]":
    from rich.text import Text

    title, *lines = block.splitlines() or [""]
    items = [_ITEM.fullmatch(line) for line in lines]
    if lines and all(items):
        rows = [(Text(item[1]), Text(item[2])) for item in items if item]
        yield from _section(title, rows)
    elif title:
        yield Text(f"\n{title}", style="bold" if lines else "")
        for line in lines:  # may be copied, so they are not wrapped
            yield Text(f"  {line}", no_wrap=True)
