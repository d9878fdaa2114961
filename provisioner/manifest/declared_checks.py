"""`checks:`, what `provisioner check` is to try: read from a manifest, and what can be said against it offline."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from provisioner.kinds import KINDS
from provisioner.kinds.agent import SECTION as AGENTS
from provisioner.kinds.agent_schema import MEMORY_TOOLS
from provisioner.kinds.deployment import SECTION as DEPLOYMENTS
from provisioner.kinds.live_names import Names
from provisioner.kinds.store import SECTION as STORES
from provisioner.manifest.check_schema import NAME, OF_ANSWERS, SECTION, check_shape
from provisioner.manifest.draft import Draft, Entry, ManifestFile
from provisioner.manifest.misfits import fits_name, name_fault
from provisioner.manifest.references import has_variable
from provisioner.model.address import Address
from provisioner.model.check import (
    DELAY_S,
    TIMEOUT_S,
    USER_ID,
    AgentCheck,
    Check,
    DeploymentCheck,
    Expected,
    MemoryCheck,
    tool_word,
)
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.document import Document, Path
from provisioner.model.words import guess, joined, listed, quoted, shown

_SUBJECTS: Final[Mapping[str, str]] = {"memory": STORES, "agent": AGENTS, "deployment": DEPLOYMENTS}
_OF_ALL: Final = frozenset({"timeout_s", "retries"})
_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "memory": frozenset({"memory", "fact", "question"}) | _OF_ALL,
    "agent": frozenset({"agent", "ask", "expect", "fact", "question"}) | _OF_ALL,
    "deployment": frozenset({"deployment"}) | _OF_ALL,
}
_OPEN_TOOLS: Final = frozenset({"mcp", "openapi", "toolbox_search_preview", "a2a_preview"})  # which bring others
_NAME_ADVICE: Final = "Use letters, digits, `.`, `_` and `-`, a letter or digit at both ends."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Declared:
    """One check, as a file has it."""

    file: ManifestFile
    name: str
    value: Any

    @property
    def kinds(self) -> list[str]:
        return [kind for kind in _SUBJECTS if isinstance(self.value, dict) and kind in self.value]

    @property
    def path(self) -> Path:
        return (SECTION, self.name)

    def subject(self, kind: str) -> Address | None:
        """None where that is not the user's to answer for."""
        name = self.value[kind]
        is_said = isinstance(name, str) and self.file.is_known((*self.path, kind))
        return Address(_SUBJECTS[kind], name) if is_said else None

    def error(self, code: str, path: Path, message: str, hint: str, *, at_key: bool = False) -> Iterator[Diagnostic]:
        yield from self.file.error(code, (*self.path, *path), f"{SECTION}/{self.name}: {message}", hint, at_key=at_key)


def declared_checks(draft: Draft, names: Names) -> tuple[Check, ...]:
    """Of a manifest without errors. What they are about goes by the name of what is live."""
    first = {it.name: it for it in reversed([*_declared(draft)])}
    return tuple(_check(first[name], names) for name in dict.fromkeys(it.name for it in _declared(draft)))


def check_faults(draft: Draft) -> Iterator[Diagnostic]:
    """Everything that is wrong with them, one after the other."""
    firsts: dict[str, _Declared] = {}
    for each in _declared(draft):
        first = firsts.setdefault(each.name, each)
        if first is not each and first.value != each.value:
            where = first.file.source.key_at(first.path)
            message = f"it is another one in {where.file}:{where.line}:{where.column}."
            yield from each.error("conflict", (), message, "Rename one of the two.", at_key=True)
        yield from _faults(each, draft)


def _declared(draft: Draft) -> Iterator[_Declared]:
    for file in draft.files:
        if isinstance(said := file.root.get(SECTION), dict):
            yield from (_Declared(file=file, name=name, value=value) for name, value in said.items())


def _check(declared: _Declared, names: Names) -> Check:
    value: Document = declared.value
    (kind,) = declared.kinds
    words = {key: value[key] for key in ("fact", "question") if key in value}
    shared: dict[str, Any] = {
        "name": declared.name,
        "subject": names.of(Address(_SUBJECTS[kind], value[kind])),
        "where": declared.file.source.key_at(declared.path),
        **{key: value[key] for key in _OF_ALL if key in value},
    }
    if kind == "memory":
        return MemoryCheck(**shared, **words)
    if kind == "deployment":
        return DeploymentCheck(**shared)
    expect = value.get("expect") or {}
    expected = Expected(
        contains=tuple(_texts(expect.get("contains", ()))),
        matches=expect.get("matches", ""),
        tool=expect.get("calls_tool", ""),
        latency_s=expect.get("latency_s"),
    )
    recalls = expect.get("recalls") is True
    return AgentCheck(**shared, **words, ask=value.get("ask", ""), expected=expected, recalls=recalls)


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [*value]


def _faults(it: _Declared, draft: Draft) -> Iterator[Diagnostic]:
    if not fits_name(it.name, NAME):
        yield from it.error("bad-name", (), f"the name {name_fault(it.name, NAME)}.", _NAME_ADVICE, at_key=True)
    yield from _private(it)
    misfits = check_shape().misfits(it.value)
    for finding, at_key, _ in misfits:
        yield from it.file.told(finding, it.path, at_key=at_key, subject=f"{SECTION}/{it.name}: ")
    if misfits:
        return
    if len(it.kinds) != 1:
        said = f"it names {joined(f'`{kind}`' for kind in it.kinds)}." if it.kinds else "it names nothing to check."
        hint = "Say exactly one of `memory: STORE`, `agent: AGENT` and `deployment: DEPLOYMENT`."
        yield from it.error("check-kind", (), said, hint, at_key=True)
        return
    (kind,) = it.kinds
    for key in it.value:
        if key not in _KEYS[kind]:
            homes = [other for other in _SUBJECTS if key in _KEYS[other]]
            message = f"`{key}` is said of {kind}, and only checks of {listed(homes)} have it."
            yield from it.error("check-kind", (key,), message, "Remove it.", at_key=True)
    yield from _subject_faults(it, kind, draft)


def _private(it: _Declared) -> Iterator[Diagnostic]:
    """What a check expects is told where it is not met."""
    for path, said in it.file.written.items():
        if path[:2] == it.path and it.file.variables.is_private(said):
            message = f"reports tell what is checked, so {shown(said)} cannot stand in it."
            hint = "Write the value itself, or use a variable that may be shown."
            yield from it.file.error("bad-value", path, f"{SECTION}/{it.name}: {message}", hint)


def _subject_faults(it: _Declared, kind: str, draft: Draft) -> Iterator[Diagnostic]:
    subject = it.subject(kind)
    if subject is None or (it.file.is_as_written and has_variable(it.value[kind])):
        return
    entry = draft.by_address.get(subject)
    if entry is None and draft.complete:
        yield from _unknown(it, kind, subject, draft)
    if kind == "agent":
        yield from _agent_faults(it, entry)


def _unknown(it: _Declared, kind: str, subject: Address, draft: Draft) -> Iterator[Diagnostic]:
    noun = KINDS[subject.kind].singular
    known = [address.name for address in draft.by_address if address.kind == subject.kind]
    there = f"Defined here: {listed(known)}." if known else f"It defines no {noun}."
    message = f"it is about the {noun} {quoted(subject.name)}, which this manifest does not define."
    external = f"One that exists and is not yours is declared with `{subject.kind}: {{NAME: {{external: true}}}}`."
    yield from it.error("unknown-reference", (kind,), message, f"{guess(subject.name, known)}{there} {external}")


def _agent_faults(it: _Declared, entry: Entry | None) -> Iterator[Diagnostic]:
    expect, asks = it.value.get("expect") or {}, bool(it.value.get("ask"))
    recalls = expect.get("recalls") is True
    if not (asks or recalls or set(OF_ANSWERS) & expect.keys()):
        message = "the agent is asked nothing."
        yield from it.error("check-kind", (), message, "Add `ask:`, or `expect: {recalls: true}`.", at_key=True)
    for key in OF_ANSWERS if not asks else ():
        if key in expect:
            message = f"`{key}` is about the answer to `ask`, and there is none."
            yield from it.error("check-kind", ("expect", key), message, "Add `ask:`.", at_key=True)
    for key in ("fact", "question") if not recalls else ():
        if key in it.value:
            message = f"`{key}` is what an agent is told or asked that `recalls`."
            yield from it.error("check-kind", (key,), message, "Add `expect: {recalls: true}`.", at_key=True)
    yield from _pattern_faults(it, expect)
    tools = _tools(entry)
    if tools is not None and recalls:
        yield from _recall_faults(it, tools)
    if tools is not None and "calls_tool" in expect:
        yield from _tool_faults(it, expect["calls_tool"], tools)


def _pattern_faults(it: _Declared, expect: Document) -> Iterator[Diagnostic]:
    try:
        re.compile(expect.get("matches", ""))
    except re.error as error:
        message = f"`matches` is no regular expression: {error}."
        yield from it.error("bad-value", ("expect", "matches"), message, "Correct it.")


def _tools(entry: Entry | None) -> list[Document] | None:
    """None where that cannot be told from the manifest."""
    if entry is None or entry.external or entry.known is None:
        return None
    tools = entry.fields.get("tools", ())
    return [tool for tool in tools if isinstance(tool, Mapping)] if isinstance(tools, (list, tuple)) else None


def _recall_faults(it: _Declared, tools: list[Document]) -> Iterator[Diagnostic]:
    memory = [tool for tool in tools if tool.get("type") in MEMORY_TOOLS]
    path = ("expect", "recalls")
    if not memory:
        message = "the agent has no memory tool, so it recalls nothing from one call to another."
        hint = "Give it one of type `memory_search_preview`, or remove `recalls`."
        yield from it.error("check-cannot-pass", path, message, hint)
        return
    own = [tool for tool in memory if USER_ID in str(tool.get("scope"))]
    if not own:
        message = "every user of the agent shares one scope, and a made-up fact would be remembered for all of them."
        yield from it.error("check-cannot-pass", path, message, f'Write `scope: "{USER_ID}"` in its memory tool.')
        return
    delays = [delay if isinstance(delay := tool.get("update_delay"), int) else DELAY_S for tool in own]
    timeout = it.value.get("timeout_s", TIMEOUT_S)
    if min(delays) >= timeout:
        message = f"the agent remembers after {min(delays)} s of quiet, and a try may take {timeout} s."
        hint = "Raise `timeout_s`, or lower `update_delay` of its memory tool."
        yield from it.error("check-cannot-pass", path, message, hint)


def _tool_faults(it: _Declared, wanted: str, tools: list[Document]) -> Iterator[Diagnostic]:
    if any(tool.get("type") in _OPEN_TOOLS for tool in tools):
        return
    known = [*dict.fromkeys(str(tool.get("name") or tool.get("type")) for tool in tools)]
    if tool_word(wanted) not in map(tool_word, known):
        message = f"the agent has no tool {quoted(wanted)}."
        there = f"Its tools: {listed(known)}." if known else "It has none."
        yield from it.error("check-cannot-pass", ("expect", "calls_tool"), message, f"{guess(wanted, known)}{there}")
