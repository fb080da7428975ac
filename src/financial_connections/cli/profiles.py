"""Profiles: settings of `fincon` that are kept in a file."""

import os
import re
import stat
from collections.abc import Mapping
from configparser import ConfigParser, Error
from io import StringIO
from pathlib import Path

from financial_connections.cli import atomic
from financial_connections.cli.failure import UsageError

DEFAULT = "default"
"""The profile that is used if none is named."""

_NAME = re.compile(r"[\w.-]+")


def file_path() -> Path:
    """Return the path of the file, which need not exist."""
    if os.name == "nt":
        folder = os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming"
    else:
        folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(folder) / "fincon" / "profiles.ini"


def name_of(option: str | None) -> str:
    """Return the name of the profile to use.

    Args:
        option: Value of `--profile`; None means that of `FINCON_PROFILE`, or the
            default.

    Raises:
        UsageError: The name contains characters that are not allowed.
    """
    name = option or os.environ.get("FINCON_PROFILE") or DEFAULT
    if not _NAME.fullmatch(name):
        raise UsageError(
            "the name of a profile consists of letters, digits, dots, hyphens and"
            " underscores"
        )
    return name


def load(option: str | None) -> Mapping[str, str]:
    """Return the settings of a profile.

    Args:
        option: Value of `--profile`, see `name_of`.

    Raises:
        UsageError: A profile other than the default does not exist, or the file can be
            read by other users or is invalid.
    """
    name = name_of(option)
    parser = _read()
    if parser.has_section(name):
        return {key: value for key, value in parser[name].items() if value}
    if name != DEFAULT:
        raise UsageError(f"there is no profile {name} in {file_path()}")
    return {}


def store(name: str, setting: str, value: str | None) -> None:
    """Change a setting of a profile.

    Args:
        name: Name of the profile, which is created if necessary.
        setting: Name of the setting.
        value: New value; None removes the setting.
    """
    parser = _read()
    if not parser.has_section(name):
        parser.add_section(name)
    if value is None:
        parser.remove_option(name, setting)
    else:
        parser.set(name, setting, value)
    if not parser.items(name):
        parser.remove_section(name)
    text = StringIO()
    parser.write(text)
    path = file_path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    atomic.write_file(path, text.getvalue().encode())


def _read() -> ConfigParser:
    # No section may be a default for others, and `%` has no special meaning.
    parser = ConfigParser(default_section="", interpolation=None)
    try:
        path = file_path()
    except RuntimeError:  # this user has no home directory
        return parser
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name != "nt" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise UsageError(
                    f"{path} may contain keys, and other users have access to it; run:"
                    f" chmod 600 {path}"
                )
            parser.read_file(file)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return parser  # in a container, the home directory may be that of another user
    except (Error, UnicodeDecodeError):
        # Raised outside this block, because the error may quote a line with a key.
        pass
    else:
        return parser
    raise UsageError(f"{path} is not a valid file of profiles")
