"""Index the words of code in hand-written files.

Names of the API such as `status` or `none` are also words of English, so sentences are
not indexed: only code is, in modules as well as in pages.
"""

import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from functools import lru_cache

from attrs import frozen

from codegen.access import SpecError

INLINE_CODE = re.compile(r"`([^`]+)`")
REPLACEMENT = re.compile(r"\{([^{}]+)\}")
# A fenced block, a comment (which may contain the set-up of a block) or inline code.
PAGE_CODE = re.compile(
    r"^ *```(?P<block>.*?)^ *```$|<!--(?P<comment>.*?)-->|`(?P<inline>[^`]+)`",
    re.DOTALL | re.MULTILINE,
)
# From Python 3.12, an f-string consists of several tokens.
TEXTS = {tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


@frozen
class File:
    """A hand-written file."""

    text: str
    words: Mapping[str, set[int]]
    """The lines that each word of code is on."""

    def lines_with(self, word: str) -> set[int]:
        """Return the lines that a word of code is on."""
        return self.words.get(word, set())


@lru_cache(maxsize=2000)  # unchanged from one stage to the next
def index_file(name: str, text: str) -> File:
    """Find the words of code in a file.

    Args:
        name: Name of the file. Files other than Python modules are pages.
        text: Content of the file.

    Raises:
        SpecError: The file is not valid Python.
    """
    words: dict[str, set[int]] = {}
    code = code_of_module(name, text) if name.endswith(".py") else code_of_page(text)
    for first, part in code:
        for number, line in enumerate(part.split("\n"), first):
            for word in re.findall(r"\w+", line):
                words.setdefault(word, set()).add(number)
    return File(text, words)


def code_of_page(text: str) -> Iterator[tuple[int, str]]:
    """Yield the code on a page with the number of its first line."""
    for match in PAGE_CODE.finditer(text):
        group = match.lastgroup or ""
        yield line_of(text, match.start(group)), match[group]


def code_of_module(name: str, text: str) -> Iterator[tuple[int, str]]:
    """Yield the code in a module with the number of its first line.

    A string without spaces is a key or a value. Other strings are sentences, as are
    comments, and can contain inline code.
    """
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, tokenize.TokenError) as error:
        raise SpecError(f"{name}: not valid Python: {error}") from error
    for token in tokens:
        first = token.start[0]
        is_sentence = token.type == tokenize.COMMENT or " " in token.string
        if token.type == tokenize.NAME or (token.type in TEXTS and not is_sentence):
            yield first, token.string
        elif token.type == tokenize.COMMENT or token.type in TEXTS:
            patterns = [INLINE_CODE]
            if token.string.lower().startswith(("f'", 'f"', "rf", "fr")):
                patterns.append(REPLACEMENT)
            for pattern in patterns:
                for match in pattern.finditer(token.string):
                    yield first + token.string.count("\n", 0, match.start()), match[1]


def line_of(text: str, position: int) -> int:
    """Return the number of the line at a position in a text."""
    return text.count("\n", 0, position) + 1
