"""Names that hand-written files mention, compared with the changes to a contract."""

import pytest

from codegen.access import SpecError
from codegen.allowlist import parse_allowlist
from codegen.contract.normalise import normalise
from codegen.contract.slicing import slice_document
from codegen.mentions import list_added, list_removed
from codegen.python.parse import parse_contract
from codegen.todo import ADDED, EXCEPTIONS, REMOVED, list_code
from codegen.words import index_file
from tests.support.tiny_spec import WIDGETS, spec, widget

CLI = "src/financial_connections/cli/widgets.py"
SANDBOX = "src/financial_connections/sandbox/widgets.py"
SPIN = f"{WIDGETS}/{{widget}}/spin"


def contract(*changes):
    document = spec()
    for change in changes:
        change(document)
    return parse_contract(normalise(slice_document(document)))


def fields_of_form(document):
    body = document["paths"][SPIN]["post"]["requestBody"]
    return body["content"]["application/x-www-form-urlencoded"]["schema"]["properties"]


def maker(document):
    return document["components"]["schemas"]["bank_connections_resource_maker"][
        "properties"
    ]


def removed(change, files, mentions=None):
    allowlist = parse_allowlist(mentions or {})
    indexed = {path: index_file(path, text) for path, text in files.items()}
    return list_removed(contract(), contract(change), indexed, allowlist)


def added(change, files, mentions=None):
    allowlist = parse_allowlist(mentions or {})
    indexed = {path: index_file(path, text) for path, text in files.items()}
    return list_added(contract(), contract(change), indexed, allowlist)


@pytest.mark.parametrize(
    ("path", "text", "lines"),
    [
        ("a.py", "\nprint(widget.paid_with)\n", "2"),
        ("a.py", "spin(paid_with=3)\n", "1"),
        ("a.py", 'x = widget["paid_with"]\nX = "widgets[paid_with][0]"\n', "1,2"),
        ("a.py", 'x = f"how {widget.paid_with}"\n', "1"),
        ("a.py", '"""Spin.\n\nThen `paid_with`\nis set."""\n', "3"),
        ("a.py", "x = 1  # as in `widget.paid_with`\n", "1"),
        ("a.md", "\n\nSee `paid_with`.\n", "3"),
        ("a.md", "\n```python\nx = 1\nwidget.paid_with\n```\n", "4"),
        ("a.md", "<!-- setup\nwidget.paid_with\n-->\n", "2"),
    ],
)
def test_a_removed_name_is_listed_with_the_lines_that_mention_it(path, text, lines):
    assert [
        f"Widget.paid_with is gone, but `paid_with` is still mentioned: {path}:{lines}"
    ] == removed(lambda it: widget(it).pop("paid_with"), {path: text})


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", '"""How paid_with was."""\n'),
        ("a.py", "x = 1  # paid_with\n"),
        ("a.py", "prepaid_with = paid_with_2 = 1\n"),
        ("a.md", "It was paid_with.\n"),
    ],
)
def test_prose_and_longer_words_are_not_mentions(path, text):
    assert [] == removed(lambda it: widget(it).pop("paid_with"), {path: text})


@pytest.mark.parametrize(
    ("change", "text", "line"),
    [
        (
            lambda it: it["paths"].pop(SPIN),
            "await widgets.spin(x)\n",
            "spin_widget is gone, but `spin` is still mentioned: a.py:1",
        ),
        (
            lambda it: fields_of_form(it).pop("until"),
            "spin(until={})\n",
            "spin_widget.until is gone, but `until` is still mentioned: a.py:1",
        ),
        (
            lambda it: (
                it["components"]["schemas"].pop("bank_connections_resource_maker")
                and widget(it).pop("maker")
            ),
            "isinstance(x, Maker)\n",
            "Maker is gone, but `Maker` is still mentioned: a.py:1",
        ),
        (
            lambda it: widget(it)["colour"]["enum"].remove("red"),
            'x = WidgetColour.RED\ny = "red"\n',
            (
                "WidgetColour.red is gone, but `RED` and `red` are still mentioned: "
                "a.py:1,2"
            ),
        ),
    ],
)
def test_operations_parameters_schemas_and_values_are_also_listed(change, text, line):
    assert line in removed(change, {"a.py": text})


@pytest.mark.parametrize(
    ("text", "is_listed"),
    [
        ("x = maker.name\n", True),
        ('x = widget["maker"]["name"]\n', True),
        ('x = {"maker": {"name": 1}}\n', True),
        ("x = Maker.name\n", True),
        ("x = user.name\n", False),
        ("name = 3\n", False),
        ("x = 1  # the maker name\n", False),
    ],
)
def test_a_name_that_exists_elsewhere_is_listed_only_next_to_its_holder(
    text, is_listed
):
    def change(document):
        maker(document)["title"] = maker(document).pop("name")
        widget(document)["name"] = {"type": "string"}

    expected = ["Maker.name is gone, but `name` is still mentioned: a.py:1"]
    assert (expected if is_listed else []) == removed(change, {"a.py": text})


def test_new_parameters_are_listed_if_the_command_or_the_sandbox_ignores_them():
    def change(document):
        fields_of_form(document)["speed"] = {"type": "integer"}

    line = "spin_widget.speed is new, but `speed` is not mentioned in "
    command, sandbox = (
        f"src/financial_connections/{name}/" for name in ("cli", "sandbox")
    )
    assert [f"{line}{command} and {sandbox}"] == added(change, {})
    files = {CLI: 'params["speed"] = 3\n'}
    assert [f"{line}{sandbox}"] == added(change, files)
    assert [] == added(change, files | {SANDBOX: "def spin(speed): ...\n"})


def test_new_fields_and_events_are_listed_if_the_sandbox_ignores_them():
    def change(document):
        widget(document)["weight"] = {"type": "integer"}
        document["x-webhook-events"] = ["financial_connections.widget.spun"]

    sandbox = "src/financial_connections/sandbox/"
    assert [
        (
            "financial_connections.widget.spun is new, but `spun` is not mentioned in "
            f"{sandbox}"
        ),
        f"Widget.weight is new, but `weight` is not mentioned in {sandbox}",
    ] == added(change, {CLI: 'weight = "spun"\n'})
    assert [] == added(change, {SANDBOX: 'emit("spun", weight=1)\n'})


MENTIONS = {
    "mentioned": [{"names": ["paid_with"], "files": ["a.py"], "reason": "Old."}],
    "left_out": [
        {
            "names": ["weight"],
            "folders": ["src/financial_connections/sandbox/"],
            "reason": "Not simulated.",
        }
    ],
}


def test_exceptions_are_not_listed_and_stale_exceptions_are():
    def change(document):
        widget(document).pop("paid_with")
        widget(document)["weight"] = {"type": "integer"}

    files = {"a.py": "widget.paid_with\n", "b.py": "widget.paid_with\n"}
    todo = list_code(contract(change), contract(), files, MENTIONS)
    assert [
        "Widget.paid_with is gone, but `paid_with` is still mentioned: b.py:1"
    ] == todo[REMOVED]
    assert ([], []) == (todo[ADDED], todo[EXCEPTIONS])
    todo = list_code(contract(), contract(), files, MENTIONS)
    assert [
        "mentioned: paid_with in a.py",
        "left_out: weight in src/financial_connections/sandbox/",
    ] == todo[EXCEPTIONS]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"mentoined": []}, "mentions.yaml: mentoined: there is no such table"),
        (
            {"mentioned": [{"names": ["x"], "files": ["a.py"]}]},
            "mentions.yaml: mentioned[0]: needs a reason",
        ),
        (
            {"left_out": [{"names": ["x"], "reason": "x", "files": ["a.py"]}]},
            "mentions.yaml: left_out[0].folders: expected a list, got null",
        ),
    ],
)
def test_an_invalid_exception_is_rejected(document, message):
    with pytest.raises(SpecError) as caught:
        parse_allowlist(document)
    assert str(caught.value).startswith(message)


def test_a_module_that_is_not_python_is_rejected():
    with pytest.raises(SpecError, match=r"^a\.py: not valid Python: "):
        index_file("a.py", "x = (\n")
