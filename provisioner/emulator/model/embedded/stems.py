"""Words of a text, their stems, and the tools it names."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from typing import Any, Final

LONGEST_WORD: Final = 40  # beyond it a "word" is data, and stemming it would only cost time
# c++, c#, .net, node.js and snake_case are words; hyphens and slashes part words
WORD: Final = re.compile(r"\.?[^\W_](?:[^\W_]|[._'](?=[^\W_]))*(?:\+\+|#)?")


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


STOPWORDS: Final = word_set(
    "a about all am an and any are as at be been being but by can could did do does doing done for from get give had"
    " has have having he her here hers him his how i if in into is it its just kind let like me more most much my need"
    " no nor not now of off on one or our out over own please shall she should so some such tell than that the their"
    " them then there these they thing things this those to too up us use used user users uses using very want was"
    " way we well were what when where which while who whom why will with would you your"
)
# Well-known tools by their sort: one editor takes another's place, and answers "which editor?"
TOOLS: Final = {
    "editor": "vs code, vscode, visual studio, vim, neovim, emacs, helix, zed, kakoune, nano, sublime text, notepad++, "
    "intellij, pycharm, xcode, eclipse, cursor, ide",
    "system": "macos, os x, windows, linux, ubuntu, debian, fedora, arch linux, nixos, freebsd, android, ios",
    "language": "python, rust, java, javascript, typescript, c++, c#, f#, kotlin, swift, elixir, erlang, haskell, "
    "ruby, perl, php, scala, julia, clojure, ocaml, zig, lua, golang",
    "shell": "bash, zsh, powershell, terminal",
    "database": "postgres, postgresql, mysql, mariadb, sqlite, mongodb, redis, sql server",
}
KINDS: Final = {name: kind for kind, names in TOOLS.items() for name in names.split(", ")} | {"go": "language"}
NAMES: Final = "|".join(re.escape(name) for name in sorted(KINDS, key=len, reverse=True) if name != "go")
TOOL: Final = re.compile(rf"(?<![\w.-])(?:{NAMES}|(?-i:Go))(?![\w+#])", re.IGNORECASE)  # "go" is a verb


def words(text: str) -> tuple[str, ...]:
    found = (match.group().casefold() for match in WORD.finditer(text))
    return tuple(word.removesuffix("'s")[:LONGEST_WORD] for word in found)


def parts_of(name: str) -> tuple[str, ...]:
    """user_name and userName: user, name"""
    return words(re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\W]+", " ", name))


@lru_cache(maxsize=1)
def _stemmer_class() -> Any:
    return import_module("snowballstemmer.english_stemmer").EnglishStemmer


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    # A stemmer holds the word it works on, so threads must not share one; making one costs nothing.
    return str(_stemmer_class()().stemWord(word)) if word.isascii() and word.isalpha() else word


def content_stems(text: str) -> tuple[str, ...]:
    """Without the words that say nothing about the topic."""
    return tuple(stem(word) for word in words(text) if word not in STOPWORDS)


@lru_cache(maxsize=16_384)
def tools_in(text: str) -> tuple[tuple[str, str], ...]:
    """Each name as the text has it, and its kind."""
    return tuple((found.group(), KINDS[found.group().casefold()]) for found in TOOL.finditer(text))
