"""From what people type to the clauses the rules read.

Code, quotations, questions and suppositions are no statements about the user, so they go first. Every pattern is
linear, and what is longer than a person would say in one breath is passed over.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_TURN: Final = 20_000  # characters read of one turn
LONGEST_SENTENCE: Final = 500

CURLY: Final = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2026": ".",
        "\u00a0": " ",
        "\u2013": " - ",
        "\u2014": " - ",
    }
)
QUOTED: Final = re.compile(r'"[^"\n]{0,2000}"')
CODE_WORD: Final = re.compile(r"`([^`\s]{1,30})`")
CODE_SPAN: Final = re.compile(r"`[^`\n]{0,500}`")
MARKUP: Final = re.compile(r"\*\*|__|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)")
BULLET: Final = re.compile(r"[ \t]{0,8}(?:[-*•]|\d{1,2}[.)])[ \t]+")
# A full stop ends a sentence only before a space, and not after an abbreviation or a lone initial
SENTENCE_END: Final = re.compile(
    r"(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\bDr)(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bSt)[.!?;]+(?=\s|$)"
)

SUPPOSITION: Final = re.compile(
    r"\b(?:if|whether|unless|suppose|supposing|imagine|pretend(?:ing)?|hypothetical(?:ly)?|wish|let's "
    r"say|say i|assum(?:e|ing)"
    r"|as though|role-?play|in theory|(?:he|she|they|you|someone|everyone|people|who) (?:said|says|say"
    r"|thinks?|claims?|told))\b",
    re.IGNORECASE,
)
HARMLESS_IF: Final = re.compile(
    r",?\s\bif (?:possible|you can|that (?:helps|matters)|you don't mind|needed|it helps)\b", re.IGNORECASE
)

QUESTION_WORD: Final = (
    r"(?:what|how|which|can|could|do|does|did|is|are|should|would|will|who|where|when|why|any|anything|have|has|am|was"
    r"|were|may|might|shall|don't|isn't|aren't|right|ok|okay|got it|please|whose)"
)
QUESTION_TAIL: Final = re.compile(
    rf"(?:,|:| -)\s(?:and |but |so )?(?={QUESTION_WORD}\b)|\s(?:and|but|so)\s(?={QUESTION_WORD}\b)", re.IGNORECASE
)
QUESTION_START: Final = re.compile(rf"(?:and |but |so |well,? |hey,? |hi,? )?{QUESTION_WORD}\b", re.IGNORECASE)

OPENING: Final = re.compile(
    r"(?:(?:well|so|oh|ok|okay|hi|hello|hey|hi there|hello there|thanks|thank you|sure|yes|yeah|yep|no(?! more\b)"
    r"|nope|and|but|also|plus|actually|honestly"
    r"|frankly|basically|really|personally|anyway|by the way|btw|fyi|for the record|for your "
    r"information|just so you know"
    r"|for context|in fact|as of (?:today|now|late|last \w+)|today|now|these days|nowadays|currently"
    r"|lately|recently|at the moment"
    r"|right now|since (?:last|this) \w+|great|cool|nice|perfect|good (?:morning|afternoon|evening)"
    r"|one more thing|correction|update|note"
    r"|i (?:think|guess|believe|suppose|must say|have to say|should (?:add|mention|say))"
    r"|i(?:'d| would) (?:say|like to add)|to be (?:honest|clear|fair)|as (?:you know|i said|mentioned)"
    r"|you should know|"
    r"because|since|although|though|while|whereas|yet"
    r"|(?:please )?(?:(?:always |do )?remember|note|keep in mind|be aware|know|don't forget|bear in "
    r"mind)(?: this| the following)?|please)"
    r"(?: that)?(?:\s*[,:-]+\s*|\s+|$))",
    re.IGNORECASE,
)
CLOSING: Final = re.compile(
    r"(?:,?\s+(?:by the way|btw|please|thanks|thank you|though|as well|too|now|these days|nowadays|at "
    r"the moment|right now|currently"
    r"|actually|to be honest|honestly|i think|i guess|you know|fyi|lol|haha|again|instead|already|for "
    r"now|from now on|ok|okay"
    r"|so you know|for the record|anyway|really|at all)|[\s,;:.!~-]+|\s?[:;]-?[)(DP])$",
    re.IGNORECASE,
)
I_OR_MY: Final = r"(?:i|i'm|i've|i'd|i'll|im|ive|my|we|we're|we've|our)\b"
LEADING: Final = "mostly|usually|mainly|sometimes|often|normally|typically|generally|occasionally|always"
LEADING_PHRASE: Final = r"(?:as an? [\w-]+(?: [\w-]+)?|(?:at|for|in|on) [\w']{2,12}(?: [\w']{2,12})?)"
ASKED_TO_NOTE: Final = re.compile(
    r"(?:can|could|will|would) you (?:please |also )?(?:remember|note|keep in mind|bear in mind)(?: that)? ",
    re.IGNORECASE,
)
CLAUSE_START: Final = re.compile(
    r"(?:,|;|:| -|\))?\s(?:and|but|so|also|plus|though|although|because|whereas|yet|however)(?: "
    rf"that)?(?:,| also| now)?\s(?={I_OR_MY})"
    rf"|(?:,|;|:| -|\))\s(?={I_OR_MY})"
    r"|(?:,|,? and|,? but)\s(?=(?:at|for|in|on) [\w']{2,12}(?: [\w']{2,12})?,? i\b)"
    rf"|(?:,|,? and|,? but)\s(?=(?:{LEADING}) i\b)"
    r"|,?\s(?:so |and )?(?=please (?!see|find)\w)|,\s(?:so |and )?(?=(?:call me|keep|answer|reply"
    r"|always|never|not)\s)",
    re.IGNORECASE,
)
REASON: Final = re.compile(
    r",?\s(?:because|since i|so that|which means|as it|as they|whereas)\b|,\s(?:so|which|but|as|since"
    r"|whereas|although|though)\s|\s-\s|\s\(",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """The user's own words: no code, no quotations."""
    return CODE_SPAN.sub(" ", CODE_WORD.sub(r"\1", QUOTED.sub(" ", unfenced(text)))).replace("`", " ")


def unfenced(text: str) -> str:
    """Without code blocks and quoted lines; inline code stays."""
    lines: list[str] = []
    fenced = False
    for line in text[:LONGEST_TURN].translate(CURLY).splitlines():
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced and not line.lstrip().startswith(">"):
            lines.append(line)
    return "\n".join(lines)


def sentences(text: str) -> Iterator[tuple[str, str]]:
    """Each sentence with the mark that ends it, "" where the line just ends."""
    for line in MARKUP.sub("", text).splitlines():
        start = BULLET.match(line)
        rest = line[start.end() :] if start else line
        place = 0
        for end in SENTENCE_END.finditer(rest):
            yield from _bounded(rest[place : end.start()], end.group())
            place = end.end()
        yield from _bounded(rest[place:], "")


def _bounded(sentence: str, mark: str) -> Iterator[tuple[str, str]]:
    tidy = " ".join(sentence.split())
    if tidy and len(tidy) <= LONGEST_SENTENCE:
        yield tidy, mark


def statements(text: str) -> Iterator[str]:
    """Clauses that state something, without the words that only open or close them."""
    for written, ended in sentences(plain(text)):
        sentence = ASKED_TO_NOTE.sub("", written)
        mark = ended if sentence == written else ""
        stated = _before_question(sentence) if "?" in mark else sentence
        stated = HARMLESS_IF.sub("", stated)
        if stated and not SUPPOSITION.search(stated) and not QUESTION_START.match(f"{stated}?" if "?" in mark else ""):
            yield from clauses(stated)


def _before_question(sentence: str) -> str:
    """What is stated before the question: "I use Vim, how do I quit?"."""
    tails = list(QUESTION_TAIL.finditer(sentence))
    return sentence[: tails[0].start()] if tails and not QUESTION_START.match(sentence) else ""


def clauses(sentence: str) -> Iterator[str]:
    place = 0
    for start in CLAUSE_START.finditer(sentence):
        if re.fullmatch(LEADING_PHRASE, sentence[place : start.start()], re.IGNORECASE):
            continue  # "As a nurse, I ..." is one clause
        yield from _trimmed(sentence[place : start.start()])
        place = start.end()
    yield from _trimmed(sentence[place:])


def _trimmed(clause: str) -> Iterator[str]:
    trimmed = _close(_open(clause.strip(" ,;:-")))
    if trimmed:
        yield trimmed


def _open(clause: str) -> str:
    while match := OPENING.match(clause):
        clause = clause[match.end() :]
    return clause


def _close(clause: str) -> str:
    while match := CLOSING.search(clause[-40:]):
        clause = clause[: len(clause) - len(clause[-40:]) + match.start()]
    return clause


def without_reason(text: str) -> str:
    """What comes before "because", "so that" and the like."""
    match = REASON.search(text)
    return text[: match.start()] if match else text
