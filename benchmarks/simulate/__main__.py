"""The command line: `python -m benchmarks.simulate --help`."""

import argparse
from pathlib import Path

from attrs import fields

import benchmarks.simulate
from benchmarks.simulate.chart import draw
from benchmarks.simulate.model import Simulation
from benchmarks.simulate.report import describe
from benchmarks.simulate.settings import Settings


def main(arguments: list[str] | None = None) -> None:
    """Simulate a fleet, and print the results."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.simulate",
        description=benchmarks.simulate.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for setting in fields(Settings):
        parser.add_argument(
            f"--{setting.name.replace('_', '-')}",
            type=type(setting.default),
            default=setting.default,
            help=f"{setting.metadata['help']} (default: {setting.default:g})",
        )
    parser.add_argument("--chart", type=Path, help="SVG file to draw a chart into")
    options = vars(parser.parse_args(arguments))
    path = options.pop("chart")
    try:
        settings = Settings(**options)
        settings.check()
    except ValueError as error:
        parser.error(error.args[0])
    sample, factor = settings.sample()
    outcome = Simulation(sample).run()
    print(describe(settings, factor, outcome))
    if path is not None:
        path.write_text(draw(outcome), encoding="utf-8")
        print(f"\nThe chart is in {path}.")


if __name__ == "__main__":
    main()
