"""The generator's stock output, made anew for each run."""

import subprocess
import sys
from pathlib import Path

FOLDER = "BENCHMARKS_STOCK"
"""The environment variable that names the folder to workers."""
NAME = "stock_financial_connections"
_CONTRACT = Path(__file__).parents[1] / "openapi" / "financial_connections.yaml"
_SECONDS = 60


def generate(folder: Path) -> None:
    """Write the package into `folder`; where that fails, its contender fails, and says
    so.
    """
    config = folder / "config.yaml"
    config.write_text("post_hooks: []\n")
    command = [
        sys.executable,
        "-m",
        "openapi_python_client",
        "generate",
        "--path",
        str(_CONTRACT),
    ]
    command += [
        "--meta",
        "none",
        "--output-path",
        str(folder / NAME),
        "--config",
        str(config),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    (folder / "log.txt").write_text(done.stdout + done.stderr)
