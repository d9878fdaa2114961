"""Secrets are hidden by the name of their field, never by searching the text; but for URLs, which carry secrets in
known places: `user:password@`, and the likes of `?sig=`. There only the secret part is hidden, wherever the URL stands.

A hidden value is shown as `(sensitive sha256:1a2b3c4d)`: equal values look equal, so a change is still seen. A field
is a secret when one of the names on its path says so, at any depth, in lists and in `{name: …, value: …}` pairs too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from provisioner.model.document import ABSENT, Absent, Path, canonical

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
# In a URL's query these are, too.
_SECRET_PARAMETERS: Final = frozenset({"key", "code", "signature"})
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>`]+")
_USER_INFO: Final = re.compile(r"(?<=://)[^/?#@]+(?:@[^/?#@]+)*(?=@)")
_PARAMETER: Final = re.compile(r"(?P<name>(?<=[?&#;])[^=&#;?]+)=(?P<value>[^&#;]+)")
_PAIR_NAMES: Final = ("name", "key", "header")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")


class Sensitive(str):
    """A fingerprint that stands for a hidden value."""

    __slots__ = ()


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether a field of this name holds a secret: `apiKey`, `X-Api-Key`, `client_secret`, not `max_tokens`."""
    words = [word for word in _NOT_WORD.split(_HUMP.sub("_", name).lower()) if word]
    if not words or words[-1] in _ABOUT:
        return False
    if words[-1] in ("key", "keys") and len(words) > 1:
        return words[-2] not in _HARMLESS_KEYS
    if words[-1] in _SECRET_ENDINGS:
        return True
    joined = "_".join(words)
    return not _SECRET_WORDS.isdisjoint(words) or any(phrase in joined for phrase in _SECRET_PHRASES)


def redacted(value: object, path: Path = ()) -> object:
    """A plain JSON-like copy of the value at this path, without its secrets. ABSENT stays ABSENT."""
    if isinstance(value, Absent):
        return ABSENT
    if any(is_secret(str(name)) for name in path):
        return hidden(value)
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, (list, tuple)):
        return [redacted(item) for item in value]
    plain = _plain(value)
    return _URL.sub(_harmless_url, plain) if isinstance(plain, str) and not isinstance(plain, Sensitive) else plain


def _harmless_url(found: re.Match[str]) -> str:
    url = _USER_INFO.sub(lambda user: str(hidden(user.group())), found.group())
    return _PARAMETER.sub(_harmless_parameter, url)


def _harmless_parameter(found: re.Match[str]) -> str:
    name, value = found["name"], found["value"]
    secret = is_secret(name) or _NOT_WORD.split(name.lower())[-1] in _SECRET_PARAMETERS
    return f"{name}={hidden(value) if secret else value}"


def hidden(value: object) -> object:
    """The fingerprint. What can hold no secret (nothing, true, false, the empty ones) is left as it is."""
    plain = _plain(value)
    if plain is None or isinstance(plain, bool) or plain in ("", [], {}):
        return plain
    text = plain if isinstance(plain, str) else canonical(plain)
    return Sensitive(f"(sensitive sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]})")


def _mapping(value: Mapping[object, object]) -> dict[str, object]:
    named = any(isinstance(name := value.get(key), str) and is_secret(name) for key in _PAIR_NAMES)
    return {
        str(key): hidden(inner) if named and key == "value" else redacted(inner, (str(key),))
        for key, inner in value.items()
    }


def _plain(value: object) -> object:
    """The value as JSON has it; what JSON does not know becomes text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float) and value - value == 0:  # finite
        return value
    return str(value)
