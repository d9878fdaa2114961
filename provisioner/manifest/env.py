"""Which variables of the environment a manifest may read, and what they hold.

Only names on the allow-list are read, and of these none that looks like a secret's: a manifest in a pull request must
not be able to carry the pipeline's secrets into a description or an endpoint. For the same reason no message shows a
variable's value. An empty variable counts as unset, as an undefined one arrives empty from most pipelines. What
`PROVISIONER_VAR_` and `PROVISIONER_SECRET_` set is read as `${var.NAME}` alone, which knows what is sensitive.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Final

from provisioner.manifest.declared import Declared
from provisioner.manifest.files import is_folder, read_inside, shown_path
from provisioner.manifest.given import PLAIN, SECRET, Setting
from provisioner.manifest.limits import Budget, bounded
from provisioner.model.diagnostic import Diagnostic, Location, Severity
from provisioner.model.secrets import is_secret

ALLOWED_PREFIXES: Final = ("FOUNDRY_", "PROVISIONER_")
ALLOWED_NAMES: Final = ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_LOCATION")
MAX_DOTENV_BYTES: Final = 256_000  # its parser takes four times as long for twice as much
_NAMED: Final = re.compile(r"\{env:([A-Za-z_][A-Za-z0-9_]*)")
_NUMBERED: Final = re.compile(r"(?<=[A-Za-z])[0-9]+(?=_|$)|_[0-9]+(?=_|$)")  # KEY1, TOKEN_2
_SECRET_ALONE: Final = frozenset({
    "auth", "bearer", "cert", "certificate", "certs", "conn", "connstr", "cookie", "creds", "dsn", "jwt",
    "kubeconfig", "mnemonic", "otp", "pat", "pem", "pfx", "pin", "private", "pw", "sas", "sig",
    "signature", "totp", "webhook",
})  # fmt: skip
_SECRET_IN_URLS: Final = frozenset({"sas", "webhook", "dsn"})
_SECRET_ENDS: Final = ("key", "token", "secret", "password", "passphrase", "pwd", "credential", "credentials")


@lru_cache(maxsize=1024)
def looks_secret(name: str) -> bool:
    """Whether a variable of the name may hold a secret. More names than of fields: what is wrongly held for one can be
    allowed, and nobody chooses them for a manifest's sake.
    """
    plain = _NUMBERED.sub("", name)
    return _tells_secret(plain) or _tells_secret(plain.upper())  # names ignore case in some places


def _is_public(name: str) -> bool:
    return name in ALLOWED_NAMES or (name.startswith(ALLOWED_PREFIXES) and not looks_secret(name))


def is_of_variable(name: str) -> bool:
    """Whether it sets a variable of the manifest, so that it may be sensitive. Names ignore case in some places."""
    return name.upper().startswith((PLAIN, SECRET))


def _tells_secret(name: str) -> bool:
    words = [word.lower() for word in name.split("_") if word]
    if not words:
        return False
    if not is_secret(f"secret_{words[-1]}"):  # such as _NAME and _VERSION: only about one, but for what holds its own
        return words[-1] in ("url", "uri") and not _SECRET_IN_URLS.isdisjoint(words)
    # a key is one wherever it stands: KEY_OLD, API_KEY_PROD
    keys = (end for end, word in enumerate(words, 1) if word in ("key", "keys") and words[end : end + 1] != ["vault"])
    return (
        is_secret(name)
        or not _SECRET_ALONE.isdisjoint(words)
        or any(is_secret("_".join(words[:end])) for end in keys)
        or any(word.endswith(_SECRET_ENDS) and word not in _SECRET_ENDS for word in words)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """What may be read, and what it says. `dotenv` are the values of a `.env` file, which are among the others, too;
    `settings` what the manifest's own variables hold.
    """

    values: Mapping[str, str]
    allowed: frozenset[str] = frozenset()
    unset: Severity = Severity.ERROR
    dotenv: Mapping[str, str] = field(default_factory=dict)
    declared: Declared = field(default_factory=Declared)
    settings: Mapping[str, Setting] = field(default_factory=dict)

    @property
    def sensitive(self) -> dict[str, str]:
        """The types of the sensitive ones, by their names."""
        return {name: it.declaration.type for name, it in self.settings.items() if it.is_sensitive}

    def allows(self, name: str) -> bool:
        return not is_of_variable(name) and (name in self.allowed or _is_public(name))

    def is_private(self, text: str) -> bool:
        """Whether the text names a variable that may be read only because it is allowed by name."""
        return not all(_is_public(found.group(1)) for found in _NAMED.finditer(text))

    def names_secret(self, text: str) -> bool:
        """Whether it names a variable that looks like a secret, allowed or not."""
        return any(looks_secret(found.group(1)) for found in _NAMED.finditer(text))

    def get(self, name: str) -> str | None:
        """None when it is unset, empty or not allowed."""
        return (self.values.get(name) or None) if self.allows(name) else None


def gather(
    folder: FilePath,
    environ: Mapping[str, str],
    allow: Collection[str],
    unset: Severity,
    budget: Budget | None = None,
) -> tuple[Variables, list[Diagnostic]]:
    """The environment over the `.env` file of the folder, if there is one."""
    values, problems = dotenv(folder, budget)
    if values is None:
        return Variables(values=environ, allowed=frozenset(allow), unset=unset), problems
    set_outside = {name: value for name, value in environ.items() if value}
    values_of_both = {**values, **set_outside}
    variables = Variables(values=values_of_both, allowed=frozenset(allow), unset=unset, dotenv=values)
    return variables, [*bounded(problems)]


def dotenv(folder: FilePath, budget: Budget | None = None) -> tuple[dict[str, str] | None, list[Diagnostic]]:
    """What the folder's `.env` file sets; None where there is none, or it cannot be read."""
    file = folder / ".env"
    text, problem = None, None
    if not is_folder(file):
        text, problem = read_inside(folder, file, budget or Budget(), limit=MAX_DOTENV_BYTES)
    if text is None:
        return None, [problem] if problem and problem.code != "file-missing" else []
    return _dotenv(shown_path(file), text)


def _dotenv(file: str, text: str) -> tuple[dict[str, str], list[Diagnostic]]:
    from io import StringIO  # noqa: PLC0415 - as the next

    from dotenv.parser import parse_stream  # noqa: PLC0415 - costs 30 ms, and most runs have no .env

    values: dict[str, str] = {}
    problems = []
    for binding in parse_stream(StringIO(text)):
        if binding.error:
            where = Location(file=file, line=binding.original.line)
            message = "This line of the .env file is not NAME=value."
            hint = "Correct it, or make it a comment with `#`."
            problem = Diagnostic(
                code="dotenv-syntax", message=message, hint=hint, severity=Severity.WARNING, where=where
            )
            problems.append(problem)
        elif binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
    return values, problems
