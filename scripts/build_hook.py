"""Add the contract to the wheel, without what only the generator needs."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_CONTRACT = "openapi/financial_connections.yaml"
_TARGET = "financial_connections/sandbox/financial_connections.yaml"
_UNUSED = {
    "description",
    "externalDocs",
    "summary",
    "x-enumDescriptions",
    "x-events",
    "x-raises",
}
"""Keys that the sandbox does not use."""


class ContractHook(BuildHookInterface[BuilderConfig]):
    """Adds the contract for the sandbox, which validates requests against it.

    The generator has already turned the descriptions into docstrings, and without what
    only it needs, the contract takes a third of the space.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the contract to a temporary file, and include that file.

        Args:
            version: `standard` for a wheel, `editable` for an editable installation,
                which uses the contract of the checkout.
            build_data: Data of the build, to which the file is added.
        """
        if version != "standard":
            return
        self._folder = TemporaryDirectory()
        contract = yaml.safe_load((Path(self.root) / _CONTRACT).read_bytes())
        file = Path(self._folder.name) / "contract.yaml"
        file.write_text(yaml.safe_dump(_facts(contract), sort_keys=False, width=10_000))
        build_data["force_include"][str(file)] = _TARGET

    def finalize(
        self,
        version: str,
        build_data: dict[str, Any],  # noqa: ARG002 - hatchling's names
        artifact_path: str,  # noqa: ARG002
    ) -> None:
        """Delete the temporary file."""
        if version == "standard":
            self._folder.cleanup()


def _facts(value: Any, *, has_names: bool = False) -> Any:
    """Return a part of the contract without unused keys.

    Args:
        value: The part.
        has_names: Whether its keys are the names of properties, which can be the same
            as unused keys.
    """
    match value:
        case dict():
            return {
                key: _facts(item, has_names=key == "properties" and not has_names)
                for key, item in value.items()
                if has_names or key not in _UNUSED
            }
        case list():
            return [_facts(item) for item in value]
        case _:
            return value
