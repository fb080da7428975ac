"""How much room a package takes once it is installed and compiled."""

import compileall
import sys
from importlib.util import find_spec
from pathlib import Path
from shutil import copytree, ignore_patterns
from tempfile import TemporaryDirectory

from benchmarks.contenders import OFFICIAL, OURS
from benchmarks.measures import Task

_PACKAGES = {OFFICIAL: "stripe", OURS: "financial_connections"}
_CONTRACT = Path(__file__).parents[1] / "openapi" / "financial_connections.yaml"


async def installed(task: Task) -> float:
    """Return the megabytes of a package: its files, and what the interpreter compiles
    them to.
    """
    spec = find_spec(_PACKAGES[task.contender])
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(_PACKAGES[task.contender])
    folder = Path(spec.origin).parent
    # In a wheel the sandbox's contract is part of the package; a checkout has it
    # elsewhere.
    extra = _CONTRACT.stat().st_size if task.contender == OURS else 0
    with TemporaryDirectory() as temporary:
        copy = Path(temporary) / "package"
        copytree(folder, copy, ignore=ignore_patterns("__pycache__"))
        sys.pycache_prefix = (
            None  # the run's own would take the compiled files elsewhere
        )
        compileall.compile_dir(copy, quiet=2, workers=1)
        return (_size(copy) + extra) / 1e6


def _size(folder: Path) -> int:
    tag = sys.implementation.cache_tag or ""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sum(
        path.stat().st_size
        for path in files
        if path.suffix != ".pyc" or tag in path.name
    )
