"""The secrets that a text holds in a known form: in a URL (`user:password@`, the likes of `?sig=`), in a connection
string (`…;AccountKey=…`), behind a header's name (`api-key: …`) and behind a scheme (`Bearer …`).

Ordinary prose is left alone: behind a header's name or a scheme stands a secret only where it looks like one. All of
it takes time in proportion to the text: no pattern begins at more than one place of what it passes over.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from provisioner.model.secrets import is_secret

# In a URL's query, and in a string that is nothing but settings, these are secrets, too.
_SECRET_PARAMETERS: Final = frozenset({"key", "code", "signature"})
# Nobody calls anything else by these names, so what is set is a secret wherever it stands.
_ACCOUNT_KEYS: Final = frozenset({"accountkey", "sharedaccesskey", "sharedaccesssignature", "sharedsecretvalue"})
_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")
_URL: Final = re.compile(r"(?<=[A-Za-z0-9+.-])://[^\s\"'<>`]+")
_USER_INFO: Final = re.compile(r"(?<=://)[^/?#@]+(?:@[^/?#@]+)*(?=@)")
_PARAMETER: Final = re.compile(r"(?P<name>(?<=[?&#;])[^=&#;?]+)=(?P<value>[^&#;]+)")
_SETTING_NAME: Final = re.compile(r"[A-Za-z][\w .-]*\Z")
_WORD: Final = re.compile(r"[^\s\"'<>`]+")
_LAST_NAME: Final = re.compile(r"(?<![\w.-])[\w.-]+\Z")
_HEADER: Final = re.compile(
    r"(?P<head>(?<![\w-])(?:(?:proxy-)?authorization|(?:[a-z0-9]{1,20}[-_]){0,3}(?:api[-_]?key|(?:subscription|functions)-key))"
    r"[\"']?[ ]{0,4}[:=][ ]{0,4}[\"']?(?:(?:Bearer|Basic|Digest|ApiKey|Token|SharedAccessSignature)[ ]{1,4})?)"
    r"(?P<value>[^\s\"'<>`,;(){}\[\]$]{8,})",
    re.IGNORECASE,
)
_SCHEME: Final = re.compile(r"(?P<head>(?<![\w-])Bearer[ ]{1,4})(?P<value>[A-Za-z0-9._~+/=-]{16,})", re.IGNORECASE)
_TELLING_LENGTH: Final = 32  # a word of this length is no word

Hide = Callable[[str], str]


def harmless(text: str, hide: Hide) -> str:
    """The text with its secrets replaced by what `hide` makes of them."""
    if "://" in text:
        text = _URL.sub(lambda found: _harmless_url(found.group(), hide), text)
    if "=" in text:
        text = _harmless_settings(text, hide)
    words = text.lower()
    if "authorization" in words or "key" in words:
        text = _HEADER.sub(lambda found: _harmless_header(found, hide), text)
    return _SCHEME.sub(lambda found: _harmless_header(found, hide), text) if "bearer" in words else text


def _harmless_url(url: str, hide: Hide) -> str:
    def parameter(found: re.Match[str]) -> str:
        name, value = found["name"], found["value"]
        secret = is_secret(name) or _NOT_WORD.split(name.lower())[-1] in _SECRET_PARAMETERS
        return f"{name}={hide(value) if secret else value}"

    return _PARAMETER.sub(parameter, _USER_INFO.sub(lambda user: hide(user.group()), url))


def _harmless_settings(text: str, hide: Hide) -> str:
    parts = text.split(";")
    settings = [part.partition("=") for part in parts if part.strip()]
    if len(settings) > 1 and all(equals and _SETTING_NAME.match(name.strip()) for name, equals, _ in settings):
        return ";".join(_harmless_setting(part, hide, alone=True) for part in parts)
    return _WORD.sub(lambda found: _harmless_word(found.group(), hide), text)


def _harmless_word(word: str, hide: Hide) -> str:
    """A connection string inside a sentence is one word of it, or several of which one holds the secret."""
    if "=" not in word:
        return word
    parts = word.split(";")
    return ";".join(_harmless_setting(part, hide, alone=False, joined=len(parts) > 1) for part in parts)


def _harmless_setting(part: str, hide: Hide, *, alone: bool, joined: bool = True) -> str:
    """`alone` where there are only settings; in a sentence what is a secret must look like one setting of several."""
    before, equals, value = part.partition("=")
    found = _LAST_NAME.search(before)
    name = before.strip() if alone else found.group() if found else ""
    if not equals or not value or not name:
        return part
    known = name.lower() in _ACCOUNT_KEYS
    secret = is_secret(name) or (alone and name.lower() in _SECRET_PARAMETERS)
    if not (known or (secret and joined)) or (not alone and _is_code(value)):
        return part
    return f"{before}={hide(value)}"


def _is_code(value: str) -> bool:
    """A call, an index, a place to be filled: no secret, but where it comes from. So is what is hidden already."""
    return value.endswith(tuple("()[]{}")) or value.startswith("(sensitive")


def _harmless_header(found: re.Match[str], hide: Hide) -> str:
    value = found["value"]
    end = value.rstrip(".:!?")
    telling = any(char.isdigit() for char in end) or len(end) >= _TELLING_LENGTH
    if not telling or "://" in value:
        return found.group()
    return f"{found['head']}{hide(end)}{value[len(end) :]}"
