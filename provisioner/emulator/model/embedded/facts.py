"""What a user's own words say about the user: first-person statements, lightly rewritten into third-person facts.

Sentence by sentence, clause by clause. What does not begin like one of the few forms below gives nothing: no memory is
better than a wrong one. Questions, wishes, suppositions, quotations, code, secrets and what is only so today give none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from provisioner.emulator.model.embedded.stems import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_TEXT: Final = 20_000
LONGEST_CLAUSE: Final = 300
MOST: Final = 100  # facts of one message
EVERYTHING: Final = "*"


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


# What one does for longer than today. Other verbs say nothing that is worth remembering: I need, I think, I see
VERBS: Final = (
    "adore|attend|avoid|bake|belong|build|code|collect|commute|cook|cycle|dislike|drink|drive|eat|employ|enjoy|exercise"
    "|follow|garden|go|grow|hate|have|keep|know|lead|like|listen|live|love|maintain|manage|meditate|own|play|practise"
    "|prefer|program|read|ride|run|sing|sleep|smoke|speak|stand|study|support|swim|teach|travel|use|volunteer|wake|wear"
    "|work|write"
)
EMPTY: Final = "really|absolutely|also|currently|still|strongly"  # said for emphasis
ADVERB: Final = rf"(?:(?:{EMPTY}|always|usually|often|mostly|mainly|sometimes|never|rarely|generally|typically|only) )"
THEIRS: Final = {
    "my": "their", "mine": "theirs", "me": "them", "i": "they", "myself": "themselves", "our": "their", "us": "them",
    "we": "they", "am": "are",
}  # fmt: skip
MINE: Final = _words(rf"\b(?:{'|'.join(THEIRS)})\b(?!')")
AND_VERB: Final = _words(rf"(?<=\w)(,? (?:and|but|or) {ADVERB}?)({VERBS})(?= [a-z])")


def third(verb: str) -> str:
    if verb.endswith("y") and verb[-2] not in "aeou":
        return f"{verb[:-1]}ies"
    return "has" if verb == "have" else f"{verb}es" if verb.endswith(("s", "sh", "ch", "x", "o")) else f"{verb}s"


BASES: Final = {third(verb): verb for verb in VERBS.split("|")}
QUOTED: Final = re.compile(r"```.*?(?:```|\Z)|^[ \t]*>[^\n]*|\"[^\"\n]*\"|“[^”\n]*”", re.DOTALL | re.MULTILINE)
SENTENCES: Final = re.compile(r"(?<=[.!?])\s+|\n+|; ?")
CLAUSES: Final = _words(rf",? (?:and|but) (?={ADVERB}?(?:I|I'm|I've|im|my|we|our)\b)|, (?=(?:I|I'm|I've|my)\b)")
FURTHER: Final = _words(
    rf",? (?:and|but) (?={ADVERB}?(?:{VERBS}|joined|bought) (?!it\b|them\b)\w)|, (?=(?:work|speak|live|use) )"
)
OPENING: Final = _words(
    r"(?:(?:and|but|so|well|actually|also|oh|ok|okay|yes|no|hi|hello|hey|thanks|btw|fyi|please|now|from now on"
    r"|these days|currently|by the way|for the record|note that|(?:please )?remember(?: that)?|[-*•\d.)]+)[,:! ]+)+"
)
ENDING: Final = _words(
    r"(?:,? (?:because|so that|(?:since|as) (?:I|it|they|we|my))\b.*|,? please| now| again| these days| nowadays| too"
    r"| as well| instead|[ ,.!:]+)$"
)
UNREAL: Final = _words(
    r"\b(?:if|unless|suppos\w+|imagine|pretend|let's say|wish\w*|would|could|might|maybe|perhaps|should|used to|i'd)\b"
)
PASSING: Final = _words(
    r"\b(?:today|yesterday|tonight|tomorrow|right now|at the moment|(?:this|last) (?:week|month|\w+ing|night))\b"
)
SECRET: Final = _words(
    r"\b(?:pass(?:word|phrase)s?|pin|secrets?|credentials?|(?:api|access)[ -]?keys?|tokens?|credit cards?|iban)\b"
)
ALSO: Final = _words(r"\b(?:also|too|as well|sometimes)\b")
NO_MORE: Final = _words(r"(.+) (?:any ?more|any longer)$")

# What only makes sense to who has heard the rest, or is work at hand
REST: Final = (
    r"((?!(?:it|that|this|these|those|you|them|him|her|how|what|why|when|so|not|been|some|no idea|trouble"
    r"|an? (?:question|idea|problem|issue|bug|request|error)|the (?:error|problem|bug))\b).+)"
)
WHAT: Final = r"((?!(?:code|tests?|builds?|program|questions?|problem|error|script|function)\b)[\w' -]{2,40}?)"
PEOPLE: Final = r"[A-Z]\w+(?:an|ish|ese|i|ch)\b"
LASTING: Final = (
    r"(?:an? \w|from |based |allergic |intolerant |married|single|divorced|engaged|widowed|retired|vegan|vegetarian"
    r"|deaf|blind|diabetic|dyslexic|left-handed|pregnant|in the \S+ time ?zone|afraid of|learning |studying |training "
    rf"|planning |preparing |saving |expecting |working (?:as|at|for|on) |moving to |(?-i:{PEOPLE}))"
)
AM: Final = r"(?:i'm|i am|im) (?:really |very |now |also |currently )*"
HAVE: Final = r"(?:i've|i have|i) (?:just |recently |now |already )*"
CHANGED: Final = r"(?:switched|changed|migrated|moved)(?: over)?(?: from (?P<ends>.+?))? to"
DOES: Final = _words(
    rf"({ADVERB}?)(i|we) ((?:no longer )?{ADVERB}{{0,3}})(do(?:n't|nt| not) |can(?:'t|not) )?({VERBS})\b {REST}"
)
# A clause of this form is this fact; what is called `ends` is no longer so
FORMS: Final = tuple(
    (_words(pattern), fact)
    for pattern, fact in (
        (r"forget (?:everything|all)(?: .*)?$", EVERYTHING),
        (r"forget (?:about |that )?(?:(?:i|my)(?:'m)? )?(?P<ends>.+)", ""),
        (rf"{HAVE}(?:stopped|quit|gave up|given up) \w+ing (?:at |for |in )?(?P<ends>.+)", ""),
        (rf"{HAVE}(?:gave up|given up|sold my|(?:left|quit)(?= (?-i:[A-Z]))) (?P<ends>.+)", ""),
        (rf"{AM}no longer (?P<ends>.+)", ""),
        (rf"{HAVE}{CHANGED} (?P<new>(?:{NAMES})\b.*)", r"uses \g<new>"),
        (rf"{HAVE}(?=moved){CHANGED} (?P<new>.+)", r"lives in \g<new>"),
        (rf"{HAVE}{CHANGED} (?P<new>.+)", r"uses \g<new>"),
        (rf"{HAVE}got (married|divorced|engaged)", r"is \1"),
        (rf"{HAVE}(?:got|bought|adopted) (an? .+)", r"has \1"),
        (rf"{HAVE}joined (.+)", r"works at \1"),
        (r"i was born (.+)", r"was born \1"),
        (rf"{AM}on ((?-i:[A-Z])[^/]*?|{NAMES}) ?/ ?(.+)", r"uses \1 on \2"),
        (rf"{AM}on ((?-i:[A-Z]).*|(?:{NAMES})\b.*)", r"uses \1"),
        (rf"(?:{AM}|i've been |{HAVE}started )using (.+)", r"uses \1"),
        (rf"{AM}not (?:an? (?:big )?fan of|into) (.+)", r"does not like \1"),
        (rf"{AM}(?:an? (?:big )?fan of|into) (.+)", r"likes \1"),
        (rf"{AM}(\d{{1,3}})(?: years old)?$", r"is \1 years old"),
        (rf"{AM}(?-i:(?!{PEOPLE})([A-Z][a-z'-]+(?: [A-Z][\w'-]+){{0,2}}))$", r"name is \1"),
        (rf"(?:{AM}|{HAVE}started )((?:not )?{LASTING}.*)", r"is \1"),
        (rf"i've been ({LASTING}.*)", r"has been \1"),
        (rf"i(?:'ve| have) got {REST}", r"has \1"),
        (rf"my {WHAT} (is|are|{'|'.join(BASES)}) (?:now )?{REST}", r"\1 \2 \3"),
        (rf"our {WHAT} (is|are|{'|'.join(BASES)}) (?:now )?{REST}", r"Team's \1 \2 \3"),
        (rf"(.{{2,60}}) (is|are) my {WHAT}$", r"\3 \2 \1"),
        (r"(?:(?:everyone|people|friends) calls? me|call me) (.+)", r"prefers to be called \1"),
        (r"always ((?:answer|reply|respond|write|use|explain|call|give) .+)", r"wants the assistant to always \1"),
        (r"never ((?:answer|reply|respond|write|use|explain|call|give) .+)", r"wants the assistant to never \1"),
        (r"(?:keep|make) your (answers|replies|explanations) (.+)", r"prefers \2 \1"),
    )
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """A fact, or the end of one, or both: what takes the place of what."""

    content: str = ""
    ends: str = ""  # the words for what is no longer so; EVERYTHING for all there is
    verb: str = ""  # what was done with it: who stops using Perl still knows it
    adds: bool = False  # beside what is known, and not in its place


def read(text: str) -> list[Statement]:
    """Linear in the text, and bounded."""
    own = QUOTED.sub(" ", text[:LONGEST_TEXT].replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")).replace("`", "")
    clauses = (
        clause
        for sentence in SENTENCES.split(own)
        if not sentence.endswith("?") and not UNREAL.search(sentence)
        for clause in _clauses(after(OPENING, sentence.strip()))
    )
    return list(islice(filter(None, map(_statement, clauses)), MOST))


def _clauses(sentence: str) -> Iterator[str]:
    """Each with its subject: I work in Bonn and live in Cologne; I work in Bonn, I live in Cologne."""
    for clause in CLAUSES.split(sentence):
        if len(clause) <= LONGEST_CLAUSE and not SECRET.search(clause) and not PASSING.search(clause):
            first, *others = FURTHER.split(clause) if clause[:2].casefold() in {"i ", "i'"} else [clause]
            yield from (first, *(f"I {other}" for other in others))


def after(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.match(text)
    return text[found.end() :] if found else text


def _statement(clause: str) -> Statement | None:
    words, adds = after(OPENING, " ".join(clause.split())), bool(ALSO.search(clause))
    while ending := ENDING.search(words):
        words = words[: ending.start()]
    for form, fact in FORMS:
        if found := form.match(words):
            ends = EVERYTHING if fact == EVERYTHING else found.groupdict().get("ends") or ""
            return _told("" if fact == EVERYTHING else found.expand(fact), ends=ends, adds=adds)
    found = DOES.match(words)
    return _does(found, adds=adds) if found else None


def _does(found: re.Match[str], *, adds: bool) -> Statement | None:
    before, who, adverbs, refusal, verb, rest = found.groups(default="")
    verb, ended = verb.lower(), NO_MORE.match(rest)
    if ended or "no longer" in adverbs.lower():
        return Statement(ends=ended[1] if ended else rest, verb=verb)
    if verb == "have" and rest.startswith("to "):
        return None
    said = {"": third(verb), "c": f"cannot {verb}"}.get(refusal[:1].lower(), f"does not {verb}")
    how = re.sub(rf"\b(?:{EMPTY}) ", "", (before + adverbs).lower())
    return _told(f"{'Team ' if who.lower() == 'we' else ''}{how} {said} {rest}", ends="", adds=adds)


def _told(fact: str, *, ends: str, adds: bool) -> Statement:
    """In the words of somebody else: my, their; and drink, and drinks."""
    content, instead, replaced = " ".join(fact.split()).partition(" instead of ")
    content = MINE.sub(lambda found: THEIRS[found[0].lower()] if found[0] != "US" else "US", content)
    content = AND_VERB.sub(lambda found: found[1] + third(found[2].lower()), content)
    return Statement(content=content[:1].upper() + content[1:], ends=replaced if instead else ends, adds=adds)
