"""Make wrong files out of right ones, as broken programs, spreadsheets and people with bad intent do."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

from hypothesis import strategies as st

from fuzz.seeds import SEEDS, TRUTH_KINDS
from untrusted.odd_cutouts import ODD, odd_file
from untrusted.oddities import KEYWORDS, NAMES, NUMBERS, SNIPPETS, VALUES

CARD = 80
BLOCK = 2880

TOKEN = re.compile(rb"[^\s,:;{}\[\]<>\"=]+|[\s,:;{}\[\]<>\"=]")

Change = Callable[[bytes], bytes]


@st.composite
def wrong_files(draw: st.DrawFn, parser: str) -> bytes:
    """Return a seed of a parser, or an odd file, after up to three changes."""
    content = draw(st.sampled_from(STARTS.get(parser, SEEDS[parser])))
    front = content[:2] if parser == "truth" else b""
    for change in draw(st.lists(st.sampled_from(CHANGES[parser]), max_size=3)):
        content = front + change(draw, content[len(front) :])
    if parser == "truth" and draw(st.integers(0, 19)) == 0:
        content = bytes([draw(st.integers(0, len(TRUTH_KINDS) - 1))]) + content[1:]
    return content


def _card(draw: st.DrawFn) -> bytes:
    """Return a card with a keyword and a value that need not belong together."""
    value = draw(st.sampled_from(VALUES) | st.sampled_from(NUMBERS) | st.text("' /\xe9&1eE+.", max_size=70))
    keyword = draw(st.sampled_from(KEYWORDS))
    sign = draw(st.sampled_from(["= ", "= ", "= ", "=", "  ", " ="]))
    return f"{keyword:<8}{sign}{value:>20}".ljust(CARD)[:CARD].encode("latin-1", "replace")


def _change_card(draw: st.DrawFn, content: bytes) -> bytes:
    """Put a card in the place of another, or before it, or leave one out."""
    starts = [at for at in range(0, len(content) - CARD + 1, CARD) if content[at : at + CARD].isascii()]
    starts = [at for at in starts if content[at : at + CARD].strip(b" \0")][:120] or [0]
    at, card = draw(st.sampled_from(starts)), _card(draw)
    way = draw(st.sampled_from(["same keyword", "same keyword", "instead", "before", "without"]))
    if way == "before":  # one of the blanks at the end of the block gives way
        end = at // BLOCK * BLOCK + BLOCK
        return content[:at] + card + content[at : end - CARD] + content[end:]
    if way == "same keyword":
        card = content[at : at + 10] + card[10:]
    return content[:at] + (b" " * CARD if way == "without" else card) + content[at + CARD :]


def _change_token(draw: st.DrawFn, content: bytes) -> bytes:
    """Put a name, a number or something else in the place of a word or a sign."""
    tokens = TOKEN.findall(content[:4000])
    at = draw(st.integers(0, max(len(tokens) - 1, 0)))
    new = draw(
        st.sampled_from(NAMES) | st.sampled_from(NUMBERS) | st.sampled_from(SNIPPETS) | st.text(max_size=8)
    ).encode("utf-8", "surrogatepass")
    old = tokens[at] if tokens and draw(st.booleans()) else b""
    return (
        b"".join([*tokens[:at], new, *([] if old else tokens[at : at + 1]), *tokens[at + 1 :]])
        + content[4000:]
    )


def _change_bytes(draw: st.DrawFn, content: bytes) -> bytes:
    """Write some bytes over others."""
    at = draw(st.integers(0, max(len(content) - 1, 0)))
    new = draw(st.binary(min_size=1, max_size=8))
    return content[:at] + new + content[at + len(new) :]


def _change_number(draw: st.DrawFn, content: bytes) -> bytes:
    """Write a number that is none, or a very large one, as sizes and places in a file."""
    at, size = draw(st.integers(0, max(len(content) - 1, 0))), draw(st.sampled_from([1, 2, 4, 8]))
    new = draw(st.sampled_from([0, 1, 2 ** (8 * size) - 1, 2 ** (8 * size - 1)])).to_bytes(size, "little")
    return content[:at] + new + content[at + size :]


def _cut(draw: st.DrawFn, content: bytes) -> bytes:
    """End the file early, as a full disk does."""
    return content[: draw(st.integers(0, len(content)))]


def _repeat(draw: st.DrawFn, content: bytes) -> bytes:
    """Have a line, or a part of one, twice."""
    lines = content.split(b"\n")
    at = draw(st.integers(0, len(lines) - 1))
    return b"\n".join([*lines[: at + 1], lines[at][draw(st.integers(0, 3)) :], *lines[at + 1 :]])


def _reencode(draw: st.DrawFn, content: bytes) -> bytes:
    """Give the text in another encoding or with other ends of lines."""
    text = content.decode("utf-8", "replace")
    way = draw(st.sampled_from(["utf-16", "utf-8-sig", "\r\n", "\r"]))
    return text.replace("\n", way).encode() if way in "\r\n" else text.encode(way)


def _pack(draw: st.DrawFn, content: bytes) -> bytes:
    """Give the file as another program packs it, or as if."""
    magic = draw(
        st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x9d\x90", b"BZh9", b"\xfd7zXZ\x00", b"\x1f\x8b\x08"])
    )
    return magic + content if magic else gzip.compress(content, mtime=0)


TEXT: list[Change] = [_change_token] * 6 + [_change_bytes, _cut, _repeat, _reencode]
CHANGES: dict[str, list[Change]] = {
    "header": [_change_card] * 8 + [_change_bytes, _cut, _pack],
    "sheet": TEXT,
    "configuration": TEXT,
    "truth": [*TEXT, _change_card, _change_card, _pack],
    "cutouts": [_change_bytes, _change_bytes, _change_number, _change_number, _cut],
    "box": TEXT,
}
"""The ways to spoil a file, those more often that lead further into a parser."""

STARTS = {"cutouts": [*SEEDS["cutouts"], *(odd for odd in map(odd_file, ODD) if len(odd) < 100_000)]}
"""What is spoiled where it is not the seeds alone."""
