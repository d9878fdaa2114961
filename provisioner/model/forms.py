"""Where a text holds secrets that are known by their form: in a URL (`user:password@`, the likes of `?sig=`), in a
connection string (`…;AccountKey=…`), behind a name that says so (`api-key: …`, `"password": "…"`, `_authToken=…`),
behind a scheme (`Bearer …`), and what looks like nothing else (`ghp_…`, a JWT, a private key, an account's key).

Ordinary prose is left alone: behind a name or a scheme stands a secret only where it looks like one, and neither GUIDs
nor digests and commits are keys. All of it takes time in proportion to the text: no pattern begins at more than one
place of what it passes over, and most are only tried where a word of theirs is there at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Final

from provisioner.model.secrets import TELLING, is_secret

Span = tuple[int, int]

# What a hidden value is shown as. Whoever writes it himself is taken at his word, so that nobody can pretend.
_SHOWN_AS_HIDDEN: Final = re.compile(r"\(sensitive(?:, changed)?\)")
# In a URL's query, and in a string that is nothing but settings, these are secrets, too.
_SECRET_PARAMETERS: Final = frozenset({"key", "code", "signature"})
# Nobody calls anything else by these names, so what is set is a secret wherever it stands.
_ACCOUNT_KEYS: Final = frozenset(
    {"accountkey", "sharedaccesskey", "sharedaccesssignature", "sharedsecretvalue", "_authtoken", "_password", "_auth"}
)
_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")
_URL: Final = re.compile(r"://[^\s\"'<>`]+")
_USER_INFO: Final = re.compile(r"(?<=://)[^/?#@]+(?:@[^/?#@]+)*(?=@)")
_PARAMETER: Final = re.compile(r"(?P<name>(?<=[?&#;])[^=&#;?]+)=(?P<value>[^&#;]+)")
_SETTING_NAME: Final = re.compile(r"[A-Za-z][\w .-]*\Z")
_WORD: Final = re.compile(r"[^\s\"'<>`]+")
_WORD_BEFORE: Final = re.compile(r"(?<![^\s\"'<>`])[^\s\"'<>`]*\Z")
_TELLING_NAME: Final = re.compile(
    rf"(?<![\w.-])(?=[\w.-]{{3,}}=)(?=[\w.-]*(?:{'|'.join((*TELLING, *sorted(_ACCOUNT_KEYS)))}))[\w.-]+=", re.IGNORECASE
)
_LAST_NAME: Final = re.compile(r"(?<![\w.-])[\w.-]+\Z")
_VARIABLE: Final = re.compile(r"\n[ ]{0,8}(?:export[ ])?(?P<name>[A-Z][A-Z0-9_]{1,80})=[\"']?(?P<value>[^\s\"']+)")
_LINE: Final = re.compile(
    r"\n[ ]{0,40}(?:- )?[\"']?(?P<name>[A-Za-z_][\w.-]{0,80})[\"']?[ ]{0,4}:[ ]{1,4}"
    r"[\"']?(?P<value>[^\s\"']{6,})[\"']?[ ]{0,4}(?=[\r\n]|\Z)"
)
_BLOCK: Final = re.compile(
    r"\n[ ]{0,40}(?:- )?[\"']?(?P<name>[A-Za-z_][\w.-]{0,80})[\"']?[ ]{0,4}:[ ]{1,4}[|>][0-9+-]{0,2}[ ]{0,4}\r?"
    r"\n[ ]{1,40}(?P<value>[^\s\"']{6,})[ ]{0,4}(?=[\r\n]|\Z)"
)
_ASSIGNMENT: Final = re.compile(
    r"\n[ \t]{0,8}(?P<name>[^\s=\"'<>`(){}\[\],;]{1,200})(?P<equals>[ ]{0,4}=[ ]{0,4})"
    r"[\"']?(?P<value>[^\s\"'=;,]+={0,2})[\"']?[ ]{0,4}(?=[\r\n]|\Z)"
)
_NETRC: Final = re.compile(r"(?<!\w)login\s{1,20}(?P<user>\S{1,200})\s{1,20}password\s{1,20}(?P<value>\S+)")
_MACHINE: Final = re.compile(r"(?:machine\s{1,20}\S{1,200}|default)\s{1,20}\Z")
_FARTHEST_MACHINE: Final = 250
_CALL: Final = re.compile(r"\$?[A-Za-z_][\w.]*(?:\([^()]*\)|\[[^\[\]]*\])|\$?\([^()]*\)|\$?\{.*\}|\[.*\]")
_DOTTED: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_LETTERS: Final = re.compile(r"[A-Za-z]{16,}")
_NAMELIKE: Final = re.compile(r"(?:[a-z]{2,15})?(?:[A-Z][a-z]{2,15})*")  # words, joined as in names
_SAS: Final = re.compile(r"(?<![A-Za-z])sig=(?P<value>[A-Za-z0-9%+/_-]{16,}={0,2})")
_HEADER: Final = re.compile(
    r"(?:authorization|api[-_]?key|subscription-key|functions-key)[\"']?[ ]{0,4}[:=][ ]{0,4}[\"']?"
)
_HEADER_VALUE: Final = re.compile(
    r"(?:(?:Bearer|Basic|Digest|ApiKey|Token|SharedAccessSignature)[ ]{1,4})?(?P<value>[^\s\"'<>`,;(){}\[\]$]{8,})",
    re.IGNORECASE,
)
_SCHEME: Final = re.compile(r"bearer[ ]{1,4}")
_SCHEME_VALUE: Final = re.compile(r"(?P<value>[A-Za-z0-9._~+/=-]{16,})")
_TELLING_LENGTH: Final = 32  # a word of this length is no word
_MOST: Final = 10_000  # secrets in one text: one that holds more is hidden whole, as to part it would take minutes
_LONGEST_SETTINGS: Final = 100_000  # no connection string is longer
_LONG: Final = 1_000  # characters: so that short texts drive no long one out of what is kept
_SHORTEST_WORD: Final = 6
_SHORTEST: Final = 13  # `api-key:` and a value
# `"name": "` in JSON, and in JSON that is a text in JSON, where every quote has backslashes before it.
_MEMBER: Final = re.compile(
    r"(?P<open>[\"'])(?P<name>[^\"'\\\n]{1,80})(?P<quote>\\{0,7}(?P=open))[ \t\r\n]{0,40}:[ \t\r\n]{0,40}(?P=quote)"
)
_NAME_OF_OTHERS: Final = re.compile(
    r"(?P<open>[\"'])(?P<name>[^\"'\\\n]{1,80})(?P<quote>\\{0,7}(?P=open))[ \t\r\n]{0,40}:[ \t\r\n]{0,40}"
    r"(?:(?P<number>-?[0-9][0-9.]{3,30})(?![\w.])|(?P<list>\[))"
)
_ITEM: Final = re.compile(r"[ \t\r\n,]{0,40}(?P<quote>\\{0,7}[\"'])")
_NO_VALUE: Final = re.compile(
    r"\$\{[^}]*\}|\{\{.*\}\}|<.*>|\*+|\.{3}|…|(?:string|str|text|number|integer|boolean|object|array|null|none|true|false)?",
    re.IGNORECASE | re.DOTALL,
)
# Sources: the formats that the issuers publish, and the marks by which Azure's keys are told
# (https://learn.microsoft.com/purview/sit-defn-azure-storage-account-key and its neighbours).
_MARKED: Final = tuple(
    (marks, re.compile(pattern))
    for marks, pattern in (
        (("ghp_", "gho_", "ghs_", "ghu_", "ghr_"), r"(?<![A-Za-z0-9_])gh[opsur]_[A-Za-z0-9]{30,}"),
        (("github_pat_",), r"(?<![A-Za-z0-9_])github_pat_[A-Za-z0-9_]{22,}"),
        (("glpat-",), r"(?<![A-Za-z0-9_])glpat-[A-Za-z0-9_.-]{20,}"),
        (("npm_",), r"(?<![A-Za-z0-9_])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9_])"),
        (("xox", "xapp-"), r"(?<![A-Za-z0-9_])(?:xox[a-z]|xapp)-(?=[A-Za-z-]{0,12}[0-9])[A-Za-z0-9-]{10,}"),
        (("AKIA", "ASIA"), r"(?<![A-Za-z0-9])A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])"),
        (("hf_",), r"(?<![A-Za-z0-9_])hf_[A-Za-z0-9]{30,}"),
        (("AIza",), r"(?<![A-Za-z0-9_-])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
        (("Q~",), r"(?<![A-Za-z0-9])[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{29,39}[A-Za-z0-9_~-]"),
        (("eyJ",), r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){2,4}"),
    )
)
_OPENAI: Final = re.compile(r"(?<![A-Za-z0-9_-])sk-[A-Za-z0-9_-]{20,}")
_RANDOM: Final = re.compile(r"[A-Za-z0-9]{16,}")
_AZURE_KEY: Final = re.compile(
    r"[A-Za-z0-9]{40,80}JQQJ9[A-Za-z0-9]{8,60}={0,2}"
    r"|[A-Za-z0-9+/]{28,80}(?:ACOG|AzSe|AzFu|AzCa|AZDO|\+ASt|\+ACR|\+ABa|\+ASb|\+AEh|\+ARm|ACDb)[A-Za-z0-9+/]{4,8}={0,2}"
)
_HEX: Final = "0123456789abcdefABCDEF"
_BASE64: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/"
_KEY_OF_64_BYTES: Final = re.compile(r"[A-Za-z0-9+/]{86}==")
_PRIVATE_KEY: Final = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_MATERIAL: Final = re.compile(r"[A-Za-z0-9+/=]{16,}")


def secret_spans(text: str) -> tuple[Span, ...]:
    """Start and end of every secret, in order, none touching another."""
    return _kept_spans(text) if len(text) >= _LONG else _kept_short_spans(text)


def _spans(text: str) -> tuple[Span, ...]:
    found: list[Span] = []
    for marks, finder in _FINDERS:
        if not marks or any(mark in text for mark in marks):
            found.extend(islice(finder(text), _MOST))
    if len(text) >= _SHORTEST:
        lowered = text.lower()
        if len(lowered) != len(text):  # a letter that is two in lower case
            lowered = "".join(low if len(low := char.lower()) == 1 else char for char in text)
        if "key" in lowered or "authorization" in lowered:
            found.extend(_behind(_HEADER, _HEADER_VALUE, text, lowered))
        found.extend(_behind(_SCHEME, _SCHEME_VALUE, text, lowered))
    return _merged(found) if len(found) < _MOST else ((0, len(text)),)


# The same text is asked for again and again: for the record, the digest and the diff; a short one by many resources.
_kept_spans: Final = lru_cache(maxsize=4096)(_spans)
_kept_short_spans: Final = lru_cache(maxsize=4096)(_spans)


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return tuple(merged)


def _in_urls(text: str) -> Iterator[Span]:
    for url in _URL.finditer(text):
        start = url.start()
        if not (before := text[max(0, start - 1) : start]).isalnum() and before not in ("+", "-", "."):
            continue
        yield from ((start + it.start(), start + it.end()) for it in _USER_INFO.finditer(url.group()))
        for it in _PARAMETER.finditer(url.group()):
            if is_secret(it["name"]) or _NOT_WORD.split(it["name"].lower())[-1] in _SECRET_PARAMETERS:
                yield start + it.start("value"), start + it.end("value")


def _in_settings(text: str) -> Iterator[Span]:
    if len(text) <= _LONGEST_SETTINGS and _is_all_settings(text):
        yield from _in_parts(text)
    else:
        yield from _in_sentences(text)


def _in_sentences(text: str) -> Iterator[Span]:
    """A connection string inside a sentence is one word of it, or several of which one holds the secret. Only the words
    that have a telling name before a `=` are looked at, and of these no part twice.
    """
    start = end = last = 0
    joined = in_url = False
    for found in _TELLING_NAME.finditer(text):
        if found.start() >= end:
            start, end = _word_around(text, end, found.end() - 1)
            joined, last = text.find(";", start, end) >= 0, start
            in_url = text.find("://", start, end) >= 0 or text.find("?", start, end) >= 0
        semicolon = text.rfind(";", last, found.start())
        begins = semicolon >= 0 or last == start  # this part of the word had no telling name before
        part = max(last, semicolon + 1)
        last = found.end()
        if not joined and end - last < _SHORTEST_WORD and found.group()[:-1].lower() not in _ACCOUNT_KEYS:
            continue  # too short for a random word
        if begins and text.find("=", part, found.start()) < 0:
            stop = text.find(";", last, end)
            stop = end if stop < 0 else stop
            if at := _setting(text[found.start() : stop], alone=False, joined=joined, in_url=in_url):
                yield found.start() + at, stop


def _word_around(text: str, least: int, at: int) -> Span:
    before, word = _WORD_BEFORE.search(text, least, at), _WORD.match(text, at)
    return before.start() if before else at, word.end() if word else at + 1


def _is_all_settings(text: str) -> bool:
    settings = (part.partition("=") for _, part in _parts(text) if part.strip())
    count = 0
    for name, equals, _ in settings:
        if not equals or not _SETTING_NAME.match(name.strip()):
            return False
        count += 1
    return count > 1


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """What stands between semicolons, and where."""
    at = end = 0
    while end >= 0:
        end = text.find(";", at)
        yield at, text[at:] if end < 0 else text[at:end]
        at = end + 1


def _in_parts(text: str) -> Iterator[Span]:
    for at, part in _parts(text):
        if start := _setting(part, alone=True, joined=True):
            yield at + start, at + len(part)


def _setting(part: str, *, alone: bool, joined: bool, in_url: bool = False) -> int:
    """Where the secret value begins, or 0. `alone` where there are only settings; in a sentence what is a secret must
    look like one setting of several, or like a random word. `in_url` it is for `_in_urls`, which knows where it ends.
    """
    before, equals, value = part.partition("=")
    found = _LAST_NAME.search(before)
    name = before.strip() if alone else found.group() if found else ""
    if not equals or not value or not name:
        return 0
    known = name.lower() in _ACCOUNT_KEYS
    secret = is_secret(name) or (alone and name.lower() in _SECRET_PARAMETERS)
    if known:
        is_shown = not alone and _is_place(value)
    else:
        is_telling = joined or (_is_random_word(value) and not in_url)
        is_shown = not secret or not is_telling or (not alone and _is_code(value))
    return 0 if is_shown else len(before) + 1


def _is_code(value: str) -> bool:
    """A call, an index, a place to be filled: no secret, but where it comes from."""
    return value.rstrip(",").endswith(tuple("()[]{}")) and value != "(sensitive)"


def _is_place(value: str) -> bool:
    """Nothing but a call, an index or a place to be filled: what merely ends like one may be a key."""
    return _CALL.fullmatch(value.rstrip(",")) is not None or _NO_VALUE.fullmatch(value) is not None


def _is_random_word(value: str) -> bool:
    """What nobody takes for a name: letters and digits in one word."""
    word = value.rstrip(",.:!?")
    return len(word) >= _SHORTEST_WORD and _is_random(word) and "://" not in word and not _DOTTED.fullmatch(word)


def _is_telling(value: str) -> bool:
    """Behind a secret's name: digits among other things, or more letters than words have."""
    if any(char.isdigit() for char in value):
        return not value.isdigit() and "://" not in value
    return _LETTERS.fullmatch(value) is not None and not _NAMELIKE.fullmatch(value)


def _behind(names: re.Pattern[str], values: re.Pattern[str], text: str, lowered: str) -> Iterator[Span]:
    """What stands behind a header's name or a scheme, where it is no word."""
    for name in names.finditer(lowered):
        found = values.match(text, name.end())
        if found is None or lowered[max(0, name.start() - 1) : name.start()].isalnum():
            continue
        value = found["value"].rstrip(".:!?")
        telling = any(char.isdigit() for char in value) or len(value) >= _TELLING_LENGTH
        if telling and "://" not in found["value"]:
            yield found.start("value"), found.start("value") + len(value)


def _in_lines(text: str) -> Iterator[Span]:
    """A line that is nothing but a name and a value, as in YAML; the value must look like none of the language."""
    for pattern in (_LINE, _BLOCK):
        for found in pattern.finditer(f"\n{text}"):
            value = found["value"]
            if is_secret(found["name"]) and _is_telling(value) and not _is_shown(value):
                yield found.start("value") - 1, found.end("value") - 1


def _is_shown(value: str) -> bool:
    return _is_code(value) or value.startswith("$") or _NO_VALUE.fullmatch(value) is not None


def _in_assignments(text: str) -> Iterator[Span]:
    """A line that is nothing but `name=value`, as in INI and `.npmrc`. With blanks round the sign it may be code."""
    for found in _ASSIGNMENT.finditer(f"\n{text}"):
        name, value = _LAST_NAME.search(found["name"]), found["value"]
        is_url = "?" in found["name"] or "://" in found["name"]  # see `_in_urls`
        if name is None or is_url or not is_secret(name.group()) or _is_shown(value):
            continue
        is_known = name.group().lower() in _ACCOUNT_KEYS
        if is_known or found["equals"] == "=" or (_is_telling(value) and not _DOTTED.fullmatch(value)):
            yield found.start("value") - 1, found.end("value") - 1


def _in_netrc(text: str) -> Iterator[Span]:
    for found in _NETRC.finditer(text):
        value = found["value"].rstrip(",.:;!?")
        before = text[max(0, found.start() - _FARTHEST_MACHINE) : found.start()]
        if any(char.isdigit() for char in value) or _MACHINE.search(before):
            yield found.start("value"), found.start("value") + len(value)


def _in_variables(text: str) -> Iterator[Span]:
    for found in _VARIABLE.finditer(f"\n{text}"):
        if is_secret(found["name"]) and not _is_code(found["value"]) and not found["value"].startswith("$"):
            yield found.start("value") - 1, found.end("value") - 1


def _in_json(text: str) -> Iterator[Span]:
    for found in _MEMBER.finditer(text):
        if not is_secret(found["name"]):
            continue
        end = _end_of_string(text, found.end(), found["quote"])
        if not _NO_VALUE.fullmatch(text, found.end(), end):
            yield found.end(), end


def _others_in_json(text: str) -> Iterator[Span]:
    """Numbers, and the texts of a list."""
    passed = 0
    for found in _NAME_OF_OTHERS.finditer(text):
        if found.end() < passed or not is_secret(found["name"]):
            continue
        if found["number"]:
            yield found.span("number")
            continue
        passed = found.end()
        while item := _ITEM.match(text, passed):
            passed = _end_of_string(text, item.end(), item["quote"])
            if not _NO_VALUE.fullmatch(text, item.end(), passed):
                yield item.end(), passed
            passed += len(item["quote"])


def _end_of_string(text: str, start: int, quote: str) -> int:
    """Of one that begins here; of one without an end, that of the text."""
    end = text.find(quote, start)
    while end >= 0 and _is_escaped(text, start, end, is_plain=len(quote) == 1):
        end = text.find(quote, end + 1)
    return len(text) if end < 0 else end


def _is_escaped(text: str, start: int, end: int, *, is_plain: bool) -> bool:
    """Behind the backslashes of a quote that has some, one more makes it that of a text inside."""
    before = end
    while before > start and text[before - 1] == "\\":
        before -= 1
    return (end - before) % 2 == 1 if is_plain else before < end


def _in_sas(text: str) -> Iterator[Span]:
    return (found.span("value") for found in _SAS.finditer(text))


def _openai_keys(text: str) -> Iterator[Span]:
    for found in _OPENAI.finditer(text):
        if any(_is_random(run) for run in _RANDOM.findall(found.group())):
            yield found.span()


def _is_random(run: str) -> bool:
    return any(char.isdigit() for char in run) and any(char.isalpha() for char in run)


def _hex_keys(text: str) -> Iterator[Span]:
    """Keys of Cognitive Services, of 32 digits: not a part of a longer number, of a path, a name or a digest."""
    for start, end in _runs(text, _HEX_ALONE, 32):
        word, before, after = text[start:end], text[max(0, start - 1) : start], text[end : end + 2]
        if (
            end - start == 32
            and (word.islower() or word.isupper())
            and any(char.isdigit() for char in word)
            and not (before.isalnum() or before in tuple("/_.@-#%+"))
            and not (after[:1].isalnum() or after[:1] in tuple("/_@-%+") or (after[:1] == "." and after[1:].isalnum()))
            and text[max(0, start - 4) : start].lower() != "md5:"
        ):
            yield start, end


def _base32_keys(text: str) -> Iterator[Span]:
    """Personal access tokens of Azure DevOps."""
    for start, end in _runs(text, _BASE32_ALONE, 52):
        around = text[max(0, start - 1) : start] + text[end : end + 1]
        if end - start == 52 and _is_random(text[start:end]) and not any(char.isalnum() for char in around):
            yield start, end


def _long_keys(text: str) -> Iterator[Span]:
    for start, end in _runs(text, _BASE64_ALONE, 44):
        word = (
            text[start : min(end, start + 200)]
            + "=" * (text[end : end + 1] == "=")
            + "=" * (text[end : end + 2] == "==")
        )
        is_digest = text[max(0, start - 7) : start] == "sha512-"
        if _AZURE_KEY.fullmatch(word) or (_KEY_OF_64_BYTES.fullmatch(word) and not is_digest):
            yield start, end + word.count("=")


def _alone(characters: str) -> bytes:
    """A table that leaves nothing but whether a character is one of these."""
    return bytes(ord("x") if chr(code) in characters else ord(" ") for code in range(256))


_HEX_ALONE: Final = _alone(_HEX)
_BASE32_ALONE: Final = _alone("abcdefghijklmnopqrstuvwxyz234567")
_BASE64_ALONE: Final = _alone(_BASE64)


def _runs(text: str, alone: bytes, least: int) -> Iterator[Span]:
    """Where at least so many characters of a sort stand together. Of ordinary texts most is skipped."""
    sorts = text.encode("latin-1", "replace").translate(alone)
    start = sorts.find(b"x" * least)
    while start >= 0:
        end = sorts.find(b" ", start)
        end = len(sorts) if end < 0 else end
        yield start, end
        start = sorts.find(b"x" * least, end)


def _private_keys(text: str) -> Iterator[Span]:
    """What stands between the two lines; without a second one, all that follows."""
    end = 0
    for found in _PRIVATE_KEY.finditer(text):
        if found.start() < end:
            continue
        start = found.end()
        end = text.find("-----END ", start)
        end = len(text) if end < 0 else end
        if _KEY_MATERIAL.search(text, start, end):
            yield start, end


def _marked(pattern: re.Pattern[str]) -> Callable[[str], Iterator[Span]]:
    return lambda text: (found.span() for found in pattern.finditer(text))


# Which characters must be there for a finder to find anything; none of them where there is no such.
_FINDERS: Final[tuple[tuple[tuple[str, ...], Callable[[str], Iterator[Span]]], ...]] = (
    (("(sensitive",), _marked(_SHOWN_AS_HIDDEN)),
    (("://",), _in_urls),
    (("=",), _in_settings),
    (("=",), _in_variables),
    (("=",), _in_assignments),
    (("login",), _in_netrc),
    ((": ",), _in_lines),
    (('":', '" ', "':", "' ", '"\n', '"\t', '"\r'), _in_json),
    (('":', '" ', "':", "' ", '"\n', '"\t', '"\r'), _others_in_json),
    (("sig=",), _in_sas),
    (("sk-",), _openai_keys),
    (("PRIVATE KEY",), _private_keys),
    ((), _long_keys),
    ((), _base32_keys),
    ((), _hex_keys),
    *((marks, _marked(pattern)) for marks, pattern in _MARKED),
)
