"""Changelog: where the lines of a diff go in CHANGELOG.md, as a draft that a person
goes over.
"""

import re

RELEASE = "## Unreleased"
SECTION = "### Stripe API"


def drafted(changelog: str, draft: str) -> str:
    """The changelog with the draft's lines behind those of its section; a line that is
    there is not repeated.
    """
    chunks = re.split(r"(?m)^(?=#{1,3} )", changelog)
    release = place_of(RELEASE, chunks, 0, before=("## ",))
    section = place_of(SECTION, chunks, release + 1, before=("# ", "## "))
    known = chunks[section].splitlines()
    new = [line for line in draft.splitlines() if line not in known]
    if not new:
        return changelog
    heading, _, lines = chunks[section].strip("\n").partition("\n")
    chunks[section] = "\n".join([heading, "", *lines.strip("\n").splitlines(), *new])
    touched = range(release - 1, section + 1)
    spaced = [
        f"{chunk.strip()}\n\n" if at in touched and chunk.strip() else chunk
        for at, chunk in enumerate(chunks)
    ]
    return "".join(spaced).rstrip("\n") + "\n"


def place_of(
    heading: str, chunks: list[str], begin: int, before: tuple[str, ...]
) -> int:
    """Which chunk stands under a heading, from one chunk on; a missing one is put in
    before the next of others.
    """
    for at in range(begin, len(chunks)):
        title = chunks[at].split("\n", 1)[0].rstrip()
        if title == heading:
            return at
        if title.startswith(before):
            break
    else:
        at = len(chunks)
    chunks.insert(at, heading)
    return at
