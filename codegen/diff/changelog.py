"""Insert the differences between contracts into CHANGELOG.md, as a draft to edit."""

import re

RELEASE = "## Unreleased"
SECTION = "### Stripe API"


def insert_draft(changelog: str, draft: str) -> str:
    """Append the draft's lines to their section of the changelog.

    Lines that are already in the section are not repeated.

    Args:
        changelog: Text of the changelog.
        draft: Markdown list items.
    """
    chunks = re.split(r"(?m)^(?=#{1,3} )", changelog)
    release = find_section(RELEASE, chunks, 0, before=("## ",))
    section = find_section(SECTION, chunks, release + 1, before=("# ", "## "))
    known = chunks[section].splitlines()
    new = [line for line in draft.splitlines() if line not in known]
    if not new:
        return changelog
    heading, _, lines = chunks[section].strip("\n").partition("\n")
    chunks[section] = "\n".join([heading, "", *lines.strip("\n").splitlines(), *new])
    touched = range(release - 1, section + 1)
    spaced = [
        f"{chunk.strip()}\n\n" if index in touched and chunk.strip() else chunk
        for index, chunk in enumerate(chunks)
    ]
    return "".join(spaced).rstrip("\n") + "\n"


def find_section(
    heading: str, chunks: list[str], start: int, before: tuple[str, ...]
) -> int:
    """Return the index of the chunk with a heading, inserting the heading if missing.

    Args:
        heading: The heading to find.
        chunks: The changelog, split at its headings. Changed in place.
        start: Index of the first chunk to search.
        before: The search ends at headings with these prefixes, and a missing heading
            is inserted there.
    """
    for index in range(start, len(chunks)):
        title = chunks[index].split("\n", 1)[0].rstrip()
        if title == heading:
            return index
        if title.startswith(before):
            break
    else:
        index = len(chunks)
    chunks.insert(index, heading)
    return index
