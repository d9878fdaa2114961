"""Characters that cannot be seen, or mislead the eye: one table, in the words of a regular expression's class."""

from __future__ import annotations

from typing import Final

# But for tab and the ends of lines, which texts are made of.
CONTROLS: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
# Soft hyphens, bidirectional controls, invisible characters, line and paragraph separators, tag characters and the
# variation selectors that can smuggle text.
INVISIBLE: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\uffff\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
SURROGATES: Final = "\ud800-\udfff"  # alone: a pair is one character here
