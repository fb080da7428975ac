"""Run the application: `python -m examples.web`."""

import sys

import uvicorn

from examples.web.app import create_app
from examples.web.logs import configure
from examples.web.settings import Settings, SettingsError

SHUTDOWN_SECONDS = 10


def main() -> int:
    configure()
    try:
        settings = Settings.from_environment()
    except (SettingsError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    # On SIGTERM or Ctrl-C, uvicorn completes the requests that are running.
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
