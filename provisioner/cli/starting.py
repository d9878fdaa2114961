"""The files that a folder is started with, and what of them may be written."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provisioner.cli.files import NewFile, write_together
from provisioner.cli.options import DEFAULT_FILE
from provisioner.cli.shell_exports import STYLES
from provisioner.manifest.env import MAX_DOTENV_BYTES
from provisioner.manifest.files import NotInside, opened_inside
from provisioner.manifest.write import SCHEMA
from provisioner.model.errors import ProvisionerError
from provisioner.model.reasons import reason
from provisioner.model.words import joined

ENV: Final = ".env"
_EXAMPLE: Final = ".env.example"
_IGNORE: Final = ".gitignore"
_IGNORED: Final = (ENV, ".provisioner/")
_ENV_HEAD: Final = "# What stores.yaml may read, from the outputs of the deployment. Not for git.\n"
_ONLY_OURS: Final = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """`texts` are all other files by their path, prompts for instance; `example` is the `.env.example`, if the manifest
    needs one. With `variables`, there is a `.env`.
    """

    manifest: str
    texts: Mapping[str, str]
    example: str
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of a file: `created`, `replaced` or `extended`."""

    name: str
    what: str


def write_start(start: Start, *, force: bool) -> list[Written]:
    """All files into the current folder, or none. Raises ProvisionerError, naming each file that is there already and
    that only `force` lets be replaced.
    """
    texts = {**start.texts, SCHEMA: _schema(), **({_EXAMPLE: start.example} if start.example else {})}
    if _is_same(SCHEMA, texts[SCHEMA]):
        del texts[SCHEMA]
    require_free([*texts, DEFAULT_FILE, *([ENV] if start.variables else [])], force=force)
    files = [NewFile(path=Path(name), content=text.encode("utf-8")) for name, text in texts.items()]
    if start.variables:
        files.append(NewFile(path=Path(ENV), content=_dotenv(start.variables).encode("utf-8"), mode=_ONLY_OURS))
    files += _ignoring()
    # last: without it, the others are not taken for a project
    files.append(NewFile(path=Path(DEFAULT_FILE), content=start.manifest.encode("utf-8")))
    told = [Written(name=file.path.as_posix(), what=_what(file.path.as_posix())) for file in files]
    write_together(files)
    return told


def write_beside(texts: Mapping[str, str], *, force: bool) -> list[Written]:
    """Only these, by their paths in the current folder; what else is there stays as it is. Raises as `write_start`."""
    require_free(texts, force=force)
    told = [Written(name=name, what=_what(name)) for name in texts]
    write_together([NewFile(path=Path(name), content=text.encode("utf-8")) for name, text in texts.items()])
    return told


def require_free(names: Iterable[str] = (_EXAMPLE, DEFAULT_FILE), *, force: bool) -> None:
    """Raises ProvisionerError where one of these files is there already."""
    there = {name for name in names if os.path.lexists(name)}
    if there and not force:
        raise _are_there(there)


def _what(name: str) -> str:
    if not os.path.lexists(name):
        return "created"
    return "extended" if name == _IGNORE else "replaced"


def _are_there(names: Collection[str]) -> ProvisionerError:
    these, them = ("exists", "it") if len(names) == 1 else ("exist", "them")
    kept = " Other lines of .env stay." if ENV in names else ""
    return ProvisionerError(
        f"{joined(sorted(names))} {these} already; nothing was written.",
        f"Add --force to replace {them}, or go to another folder.{kept}",
    )


def _schema() -> str:
    """As `provisioner schema` prints it."""
    from provisioner.manifest.schema import manifest_schema  # noqa: PLC0415 - takes a while to be made

    return json.dumps(manifest_schema(), indent=2, ensure_ascii=False) + "\n"


def _is_same(name: str, text: str) -> bool:
    try:
        return Path(name).is_file() and _former(name) == text.encode("utf-8")
    except ProvisionerError:
        return False


def _former(name: str) -> bytes:
    """What the file of that name holds; nothing where there is none. What is no file of this folder is not read."""
    try:
        with opened_inside(Path(), Path(name)) as stream:
            return stream.read()
    except FileNotFoundError:
        return b""
    except NotInside as error:
        raise ProvisionerError(f'"{name}" {error.why}; nothing was written.', "Move it away.") from error
    except OSError as error:
        raise ProvisionerError(f'"{name}" cannot be read: {reason(error)}; nothing was written.') from error


def _dotenv(variables: Mapping[str, str]) -> str:
    """Ours, and the other lines of a file that is there: whoever keeps more in it would lose it."""
    ours = {name: STYLES["dotenv"](name, value) for name, value in variables.items()}
    former = _former(ENV)
    if not former.strip():
        return _ENV_HEAD + "".join(f"{line}\n" for line in ours.values())
    if len(former) > MAX_DOTENV_BYTES:
        raise ProvisionerError(f'"{ENV}" is too large; nothing was written.', "Move it away.")
    try:
        text = former.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProvisionerError(f'"{ENV}" is not UTF-8; nothing was written.', "Save it as UTF-8.") from error
    kept = "".join(_with_ours(text, ours))
    rest = [line for line in ours.values() if line not in kept.splitlines()]
    return (kept if kept.endswith("\n") else f"{kept}\n") + "".join(f"{line}\n" for line in rest)


def _with_ours(text: str, ours: Mapping[str, str]) -> Iterator[str]:
    from io import StringIO  # noqa: PLC0415 - as the next

    from dotenv.parser import parse_stream  # noqa: PLC0415 - only who has a .env already pays for it

    left = dict(ours)
    for binding in parse_stream(StringIO(text)):
        if binding.key not in ours:
            yield binding.original.string
        elif binding.key in left:
            yield f"{left.pop(binding.key)}\n"


def _ignoring() -> Iterable[NewFile]:
    """Lines that are missing, in the manner of the file; nothing where none is."""
    former = _former(_IGNORE)
    there = {line.strip().strip(b"/") for line in former.splitlines()}
    missing = [line for line in _IGNORED if line.strip("/").encode() not in there]
    if not missing:
        return
    end = b"\r\n" if b"\r\n" in former else b"\n"
    gap = end if former and not former.endswith((b"\n", b"\r")) else b""
    yield NewFile(path=Path(_IGNORE), content=former + gap + b"".join(line.encode() + end for line in missing))
