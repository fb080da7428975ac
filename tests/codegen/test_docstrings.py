import ast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codegen.python.docstrings import docstring


def test_a_short_description_fits_on_one_line():
    assert '"""An account."""' == docstring("An account.")


def test_a_long_description_is_wrapped_and_keeps_its_paragraphs():
    text = docstring("word " * 30 + "\n\nEnd.")
    assert text.startswith('"""word')
    assert text.endswith('word\n\nEnd.\n"""')
    assert max(map(len, text.splitlines())) <= 84


def test_sections_are_indented_and_empty_ones_are_omitted():
    sections = {
        "Args": {"account": "ID of the account.", "features": "word " * 30},
        "Returns": "The account.",
        "Raises": {},
    }
    expected = f"""\
\"\"\"Refresh.

Args:
    account: ID of the account.
    features: {" ".join(["word"] * 14)}
        {" ".join(["word"] * 15)}
        word

Returns:
    The account.

Source: here
\"\"\""""
    assert expected == docstring("Refresh.", sections, "Source: here")


@pytest.mark.parametrize("nothing", ["", "  \n ", "\0"])
def test_an_empty_description_has_no_docstring(nothing):
    assert "" == docstring(nothing)


@pytest.mark.parametrize(
    "hostile",
    [
        '""" + exit() + """',
        "\\",
        'ends with "',
        '"starts',
        "a\\",
        '\\"""',
        "nul \0 nul",
        "{{ facts }}{% raw %}",
        "\r\x0c\x1b[0m",
    ],
)
def test_hostile_text_stays_inside_the_literal(hostile):
    (statement,) = ast.parse(docstring(hostile)).body
    assert isinstance(ast.literal_eval(statement.value), str)


@example('ends with "\x1b')
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_stays_inside_the_literal(text):
    source = docstring(text)
    for statement in ast.parse(source).body:
        assert isinstance(ast.literal_eval(statement.value), str)
