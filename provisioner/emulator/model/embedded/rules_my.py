"""Statements about what is theirs ("my ...", "our ...", "we ..."), and standing orders to the assistant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .concepts import concepts_of
from .nouns import PASSING_NOUNS
from .persons import capitalised
from .statements import Statement, is_passing, stated, thing
from .verbs import CLASS, alternatives, bases_by_third, third

if TYPE_CHECKING:
    from collections.abc import Iterator

IS: Final = re.compile(
    r"(?P<whose>my|our) (?P<noun>(?:[\w'&+#.-]+ ){1,5}?)(?P<be>is|are)(?P<not> not)? (?:(?:now"
    r"|currently|also|still|actually|mostly|just|really) )*(?P<what>.+)$",
    re.IGNORECASE,
)
ALSO_IS: Final = re.compile(
    r"(?P<what>[A-Z][\w+#. -]{0,40}) is my (?P<noun>(?:favourite|main|primary|native|preferred|go-to"
    r"|first|daily) [\w' -]{2,40})$"
)
DOES: Final = re.compile(
    rf"(?P<whose>my|our) (?P<noun>(?:[\w'&+#.-]+ ){{1,4}}?)(?P<verb>{alternatives(bases_by_third())})(?P<what> .+)$",
    re.IGNORECASE,
)
SHARED_VERBS: Final = [base for base, kind in CLASS.items() if kind in {"use", "work", "prefer", "do"}]
WE: Final = re.compile(
    r"we (?:(?:also|mostly|always|usually|mainly|all|currently) "
    rf")*(?P<verb>{alternatives(SHARED_VERBS)})(?P<what> "
    r".+)$",
    re.IGNORECASE,
)
WE_ARE: Final = re.compile(
    r"we are (?P<what>(?:planning|launching|building|migrating|moving|rewriting|expecting|hiring"
    r"|organising|organizing|preparing) .+)$",
    re.IGNORECASE,
)
CALL_ME: Final = re.compile(
    r"(?:please |you can |just )*(?:call|address) me (?:as )?(?P<name>[\w'-]+(?: [A-Z][\w'-]+){0,2})(?: please)?$",
    re.IGNORECASE,
)
GO_BY: Final = re.compile(
    r"(?:I (?:go by|am known as)|(?:everyone|people|friends|my friends) calls? me) "
    r"(?P<name>[\w'-]+(?: [A-Z][\w'-]+){0,2})$",
    re.IGNORECASE,
)

KEEP: Final = re.compile(
    r"(?:(?:please|always|try to|do) )*(?:keep|make) (?:(?:your|the|all|all your|my) )*(?:answers?"
    r"|repl(?:y|ies)|explanations?|responses?|it|things|examples?)(?: \w+ly)? (?P<how>.+)$",
    re.IGNORECASE,
)
BE: Final = re.compile(r"(?:(?:please|always) )*be (?P<how>(?:more )?[\w-]+(?:(?:,| and) [\w-]+){0,3})$", re.IGNORECASE)
ANSWER: Final = re.compile(
    r"(?:(?:please|always|only|from now on,?|in future,?|in the future,?) )*(?:answer|reply|respond"
    r"|talk|speak|write to me|explain things)(?: to me| me)? (?P<how>(?:always )?(?:in|with|using"
    r"|without|as|like) .+|briefly|concisely|formally|informally)$",
    re.IGNORECASE,
)
NOT_USE: Final = re.compile(
    r"(?:(?:please|from now on,?) )*(?:never|do not ever|avoid|no more|do not|I do not want(?: any)?) "
    r"(?:use|using|add|adding"
    r"|include|including|suggest|suggesting|recommend|recommending|give me|send me|show me)? "
    r"?(?P<what>.+)$",
    re.IGNORECASE,
)
ALWAYS: Final = re.compile(
    r"(?:please )?(?:always|from now on,?) (?:use|include|add|give me|show me|start with|suggest"
    r"|prefer) (?P<what>.+)$",
    re.IGNORECASE,
)
STANDING: Final = re.compile(r"\b(?:never|always|avoid|ever|from now on|no more|in future)\b", re.IGNORECASE)
NO_PLEASE: Final = re.compile(
    r"no (?P<what>emojis?|jargon|fluff|small talk|bullet points|tables|comments|lengthy [\w ]+|long [\w ]+)$",
    re.IGNORECASE,
)

KEPT_NOUNS: Final = frozenset({"answer style", "answer length", "code style", "test framework", "test runner"})


def mine(clause: str) -> Iterator[Statement]:
    for rule in (_also_is, _is, _does, _we):
        content = rule(clause)
        if content:
            yield stated(content)
            return


def _noun(match: re.Match[str]) -> str:
    noun = " ".join(match["noun"].split())
    passing = noun.casefold() not in KEPT_NOUNS and not PASSING_NOUNS.isdisjoint(noun.casefold().split())
    if passing or re.search(r"\b(?:and|i|who|that|is|are|of)\b", noun, re.IGNORECASE):
        return ""
    is_ours = match["whose"].casefold() == "our" and noun.casefold() != "team"
    return f"team's {noun}" if is_ours else noun


def _is(clause: str) -> str:
    match = IS.match(clause)
    noun = _noun(match) if match else ""
    what = thing(match["what"]) if match else ""
    if (
        not match
        or not noun
        or not what
        or (
            re.match(r"(?:to (?!\w+ (?:a|the)\b)|working|not working|broken|failing|wrong|going|getting)\b", what)
            and "goal" not in noun
        )
    ):
        return ""
    return f"{capitalised(noun)} {match['be'].casefold()}{' not' if match['not'] else ''} {what}"


def _also_is(clause: str) -> str:
    match = ALSO_IS.match(clause)
    return f"{capitalised(match['noun'])} is {match['what']}" if match else ""


def _does(clause: str) -> str:
    match = DOES.match(clause)
    noun = _noun(match) if match else ""
    if (
        not match
        or not noun
        or not thing(match["what"])
        or (bases_by_third()[match["verb"].casefold()] in {"get", "have"} and is_passing(match["what"]))
    ):
        return ""
    return f"{capitalised(noun)} {match['verb'].casefold()} {thing(match['what'])}"


def _we(clause: str) -> str:
    if match := WE_ARE.match(clause):
        return f"Team is {thing(match['what'])}" if not is_passing(match["what"]) else ""
    match = WE.match(clause)
    what = thing(match["what"]) if match else ""
    return f"Team {third(match['verb'].casefold())} {what}" if match and what and not is_passing(what) else ""


def told(clause: str) -> Iterator[Statement]:
    """How the assistant is asked to be, for good: not the task of the moment."""
    clause = re.sub(r"^I (?:would (?:really )?like|want|need|would prefer) you to ", "", clause, flags=re.IGNORECASE)
    for rule in (_name, _keep, _answer, _not_use, _always):
        content = rule(clause)
        if content:
            yield stated(content)
            return


def _name(clause: str) -> str:
    match = CALL_ME.match(clause) or GO_BY.match(clause)
    if not match or match["name"].casefold() in {"back", "later", "when", "tomorrow", "a", "crazy", "maybe", "if"}:
        return ""
    return f"Prefers to be called {capitalised(match['name'])}"


def _keep(clause: str) -> str:
    match = KEEP.match(clause) or BE.match(clause)
    how = thing(match["how"]) if match else ""
    if not match or not how or "style" not in concepts_of(how):
        return ""
    simple = re.match(r"[\w-]+(?:(?:,| and|, and) [\w-]+){0,3}$", how)
    return f"Prefers {how} answers" if simple else f"Prefers answers {how}"


def _answer(clause: str) -> str:
    match = ANSWER.match(clause)
    how = thing(match["how"]) if match else ""
    return f"Prefers answers {how}" if how and not is_passing(how) and len(how.split()) <= 8 else ""


def _not_use(clause: str) -> str:
    if match := NO_PLEASE.match(clause):
        return f"Prefers no {match['what']}"
    match = NOT_USE.match(clause)
    what = thing(match["what"]) if match else ""
    lasting = bool(STANDING.search(clause)) or "style" in concepts_of(what)
    plain = what and len(what.split()) <= 6 and not re.match(r"(?:worry|forget|know|think|do|be|mind|the)\b", what)
    return f"Prefers no {what}" if match and plain and lasting else ""


def _always(clause: str) -> str:
    match = ALWAYS.match(clause)
    what = thing(match["what"]) if match else ""
    if not what or re.search(r"\b(?:before|after|when)\b", what):
        return ""
    return f"Prefers {what}"
