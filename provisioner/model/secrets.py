"""Which names of fields say that their value is a secret."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

# One of these words anywhere in a name makes it a secret …
_SECRET_WORDS: Final = frozenset(
    {
        "apikey",
        "authorization",
        "connectionstring",
        "cookie",
        "credential",
        "credentials",
        "passphrase",
        "passwd",
        "password",
        "passwords",
        "pgpassword",
        "pwd",
        "secret",
        "secrets",
        "token",
    }
)
# … unless the name ends in a word that says it is only about the secret, …
_ABOUT: Final = frozenset(
    {
        "budget",
        "count",
        "enabled",
        "endpoint",
        "expires",
        "expiry",
        "file",
        "kind",
        "length",
        "limit",
        "limits",
        "mode",
        "name",
        "path",
        "policy",
        "ref",
        "required",
        "scheme",
        "schemes",
        "seconds",
        "type",
        "uri",
        "url",
        "usage",
        "version",
    }
)
# … and so do these phrases, …
_SECRET_PHRASES: Final = ("connection_string", "access_signature", "sas_token", "access_tokens", "refresh_tokens")
# … but tokens of which a service has many, or a model, are no secrets: `page_token`, `max_token`, `eos_token` …
_HARMLESS_TOKENS: Final = frozenset(
    {
        "begin",
        "bos",
        "cls",
        "continuation",
        "cursor",
        "end",
        "eos",
        "mask",
        "max",
        "min",
        "next",
        "pad",
        "page",
        "pagination",
        "per",
        "prev",
        "previous",
        "sep",
        "skip",
        "special",
        "start",
        "stop",
        "unk",
    }
)
# … and every name that ends in `_key`, but for these.
_HARMLESS_KEYS: Final = frozenset(
    {
        "cache",
        "composite",
        "foreign",
        "group",
        "idempotency",
        "index",
        "lookup",
        "object",
        "partition",
        "public",
        "range",
        "row",
        "sort",
        "unique",
    }
)
# These are secrets at the end of a name: DB_PASS, BLOB_SAS, SENTRY_DSN; not `pass_rate`.
_SECRET_ENDINGS: Final = frozenset({"pass", "sas", "sig", "dsn"})
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")


# One of these is in every name that is a secret, small or large: to be looked for before a name is taken apart.
TELLING: Final = tuple(
    sorted({*_SECRET_WORDS, *_SECRET_ENDINGS, "key", *(phrase.split("_")[0] for phrase in _SECRET_PHRASES)})
)
_LONGEST_KEPT: Final = 200  # characters: what is longer is no field's name, and would be kept for nothing


def is_secret(name: str) -> bool:
    """Whether a field of this name holds a secret: `apiKey`, `X-Api-Key`, `client_secret`, not `max_tokens`."""
    return _is_secret(name) if len(name) <= _LONGEST_KEPT else _is_secret.__wrapped__(name)


@lru_cache(maxsize=4096)
def _is_secret(name: str) -> bool:
    words = [word for word in _NOT_WORD.split(_HUMP.sub("_", name).lower()) if word]
    if not words or words[-1] in _ABOUT:
        return False
    if words[-1] in ("key", "keys") and len(words) > 1:
        return words[-2] not in _HARMLESS_KEYS
    if words[-1] in _SECRET_ENDINGS:
        return True
    pairs = zip(("", *words), words, strict=False)  # every word with the one before it
    telling = [word for before, word in pairs if word != "token" or before not in _HARMLESS_TOKENS]
    joined = "_".join(words)
    return not _SECRET_WORDS.isdisjoint(telling) or any(phrase in joined for phrase in _SECRET_PHRASES)
