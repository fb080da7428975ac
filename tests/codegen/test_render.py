import ast
import importlib.util
import inspect
import itertools
import json
import shutil
import subprocess
import sys
import typing

import msgspec
import pytest

from codegen.access import SpecError
from codegen.contract.normalise import normalise
from codegen.contract.slicing import slice_document
from codegen.python import render as renderer
from codegen.python.imports import PACKAGE
from codegen.python.render import HEADER, render
from tests.support.tiny_spec import WIDGETS, spec


def package(folder, name, copies=None):
    """Import a copy of a generated package under another name.

    The copy is made in the folder `copies`, or else next to the package.
    """
    copy = (copies or folder.parent) / name
    shutil.copytree(folder, copy)
    for path in copy.rglob("*.py"):
        path.write_text(path.read_text().replace(PACKAGE, name))
    return load(copy, name)


def load(folder, name):
    module_spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    module = importlib.util.module_from_spec(module_spec)
    sys.modules[name] = module
    module_spec.loader.exec_module(module)
    importlib.import_module(f"{name}.models")
    importlib.import_module(f"{name}.api")
    importlib.import_module(f"{name}.operations")
    return module


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny") / "package"
    render(normalise(slice_document(spec())), folder)
    return folder


@pytest.fixture(scope="module")
def tiny(folder):
    return package(folder, "tiny_package")


class Recorder:
    async def send(self, request, result_type, options):
        self.sent = request, result_type, options
        return result_type()


def test_the_package_has_the_api_version(tiny):
    assert "2030-01-01" == tiny.API_VERSION


def test_every_module_states_that_it_is_generated(folder):
    files = list(folder.rglob("*.py"))
    assert files
    docstrings = [ast.get_docstring(ast.parse(path.read_text())) for path in files]
    assert {HEADER} == {text.splitlines()[-1] for text in docstrings}


def test_the_generators_own_client_is_removed(folder):
    files = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert files.isdisjoint(
        {
            "client.py",
            "errors.py",
            "types.py",
            "models/widget_amounts.py",
            "models/spin_widget_body.py",
        }
    )
    assert "models/spin_widget_until.py" in files


def test_every_class_is_exported_for_requests_or_for_responses(tiny):
    exports = [
        importlib.import_module(f"{tiny.__name__}.{name}").__all__
        for name in ("parameter_types", "response_types")
    ]
    assert [sorted(names) for names in exports] == exports
    assert tiny.models.__all__ == sorted(itertools.chain(*exports))
    assert "TimestampRange" in exports[0]
    assert {"Widget", "WidgetColour", "WidgetWithOwner"} <= set(exports[1])


def test_exports_are_sorted_and_complete(tiny):
    assert ["list_widgets", "retrieve_widget", "spin_widget"] == tiny.api.__all__
    assert sorted(tiny.models.__all__) == tiny.models.__all__
    assert "Widget" in tiny.models.__all__
    assert all(hasattr(tiny.models, name) for name in tiny.models.__all__)
    assert tiny.api.__all__ == tiny.api.widgets.__all__


def test_annotations_resolve_at_run_time(tiny):
    hints = typing.get_type_hints(tiny.models.Widget)
    assert str | tiny.models.Customer | None == hints["owner"]
    assert dict[str, int] | None == hints["amounts"]
    assert dict[str, typing.Any] | None == hints["paid_with"]
    assert list[tiny.models.WidgetPart] | None == hints["parts"]
    assert tiny.models.Maker | None == hints["maker"]


def test_only_a_required_attribute_excludes_none(tiny):
    hints = typing.get_type_hints(tiny.models.Widget)
    assert (str, tiny.models.WidgetColour) == (hints["id"], hints["colour"])
    assert str | None == hints["label"]
    for absent in ("id", "colour"):
        content = {"id": "w_1", "object": "widget", "colour": "red"}
        del content[absent]
        with pytest.raises(msgspec.ValidationError, match=absent):
            msgspec.json.decode(json.dumps(content), type=tiny.models.Widget)


def test_a_model_decodes_from_json(tiny):
    content = {
        "id": "w_1",
        "object": "financial_connections.widget",
        "colour": "green",
        "owner": {"id": "cus_1"},
        "amounts": {"usd": 1},
    }
    widget = msgspec.json.decode(json.dumps(content), type=tiny.models.Widget)
    assert "w_1" == widget.id
    assert "green" == widget.colour
    assert "cus_1" == widget.owner.id
    assert {"usd": 1} == widget.amounts
    assert widget.label is None


def test_a_repr_shows_no_free_text(tiny):
    widget = tiny.models.Widget(id="w_1", label="Jenny Rosen", amounts={"usd": 1})
    assert "w_1" in repr(widget)
    assert "Jenny" not in repr(widget)
    assert "usd" not in repr(widget)


def test_a_model_is_frozen_and_has_slots(tiny):
    widget = tiny.models.Widget()
    with pytest.raises(AttributeError):
        widget.id = "w_2"
    assert not hasattr(widget, "__dict__")


def test_an_enum_is_open(tiny):
    assert "red" == tiny.models.WidgetColour.RED
    assert "green" == tiny.models.WidgetColour("green")


def test_request_types_are_literals_and_typed_dictionaries(tiny):
    assert ("left", "right") == typing.get_args(tiny.models.SpinWidgetWay)
    assert frozenset({"marks"}) == tiny.models.SpinWidgetUntil.__required_keys__
    assert frozenset({"gt"}) == tiny.models.TimestampRange.__optional_keys__


@pytest.mark.anyio
async def test_a_function_passes_its_request_to_the_sender(tiny):
    sender = Recorder()
    result = await tiny.api.spin_widget(
        sender, "w_1", ways=["left"], until={"marks": ["x"]}
    )
    request, result_type, options = sender.sent
    assert isinstance(result, tiny.models.Widget)
    assert tiny.models.Widget is result_type
    assert options is None
    assert "POST" == request.method
    assert f"{WIDGETS}/{{widget}}/spin" == request.path
    assert {"widget": "w_1"} == request.ids
    assert {
        "expand": None,
        "until": {"marks": ["x"]},
        "ways": ["left"],
    } == request.params
    assert ("expand", "until[marks]", "ways") == request.arrays
    assert ("until[marks]", "ways") == request.required


@pytest.mark.anyio
async def test_a_get_function_passes_its_query(tiny):
    sender = Recorder()
    await tiny.api.list_widgets(sender, owner="cus_1", limit=3)
    request, result_type, _ = sender.sent
    assert tiny.models.WidgetList is result_type
    assert "GET" == request.method
    assert {
        "ending_before": None,
        "expand": None,
        "limit": 3,
        "made": None,
        "owner": "cus_1",
        "starting_after": None,
    } == request.params
    assert ("owner",) == request.required


def test_only_ids_are_positional(tiny):
    parameters = inspect.signature(tiny.api.spin_widget).parameters.values()
    kinds = {parameter.name: parameter.kind.name for parameter in parameters}
    assert ["sender", "widget"] == [
        name for name, kind in kinds.items() if kind == "POSITIONAL_OR_KEYWORD"
    ]
    assert ["ways", "expand", "until", "options"] == [
        name for name, kind in kinds.items() if kind == "KEYWORD_ONLY"
    ]


def test_hostile_descriptions_stay_inside_docstrings(tmp_path):
    contract = normalise(slice_document(spec()))
    hostile = '"""\nimport os\n\\" {{ 7 * 7 }} {% raw %} \0 \N{GRINNING FACE}'
    contract["info"]["description"] = hostile
    for schema in contract["components"]["schemas"].values():
        schema["description"] = hostile
        for field in schema.get("properties", {}).values():
            field["description"] = hostile
    contract["components"]["schemas"]["WidgetColour"]["x-enumDescriptions"] = {
        "red": hostile
    }
    contract["paths"][WIDGETS]["get"]["summary"] = hostile
    render(contract, tmp_path / "hostile")
    module = package(tmp_path / "hostile", "hostile_package")
    assert "{{ 7 * 7 }}" in module.models.Widget.__doc__
    assert not hasattr(sys.modules["hostile_package.models.widget"], "os")


def test_unusual_enum_values_get_names(tmp_path):
    contract = normalise(slice_document(spec()))
    values = ["", "1st", "a.b-c", "None", 'q"uote\\', "*"]
    contract["components"]["schemas"]["WidgetColour"]["enum"] = values
    render(contract, tmp_path / "odd")
    colour = package(tmp_path / "odd", "odd_package").models.WidgetColour
    assert values == [member.value for member in colour]
    assert ["EMPTY", "VALUE_1ST", "A_B_C", "NONE", "Q_UOTE", "SYMBOL"] == [
        member.name for member in colour
    ]


def test_another_version_of_the_generator_is_rejected(tmp_path, monkeypatch):
    monkeypatch.setattr(renderer, "GENERATOR", "0.30.0")
    with pytest.raises(
        SpecError,
        match=r"0\.30\.0 is installed, but the templates are written for 0\.29\.1",
    ):
        render({}, tmp_path / "other")


def test_a_missing_formatter_is_an_error(tmp_path, monkeypatch):
    def run(command, **_):
        return subprocess.CompletedProcess(
            command, 1, stdout="", stderr="No module named ruff"
        )

    monkeypatch.setattr(renderer.subprocess, "run", run)
    with pytest.raises(SpecError, match="ruff check: No module named ruff"):
        render(normalise(slice_document(spec())), tmp_path / "unformatted")


def test_a_problem_reported_by_the_generator_is_an_error(tmp_path):
    contract = normalise(slice_document(spec()))
    # A duplicate class name, in a schema that our own checks skip.
    contract["components"]["schemas"]["widget"] = {
        "allOf": [{"type": "object"}, {"type": "string"}]
    }
    with pytest.raises(SpecError, match="openapi-python-client"):
        render(contract, tmp_path / "complaint")
