"""Words by what they say of a statement: whether it lasts, and whether it is about the person. Data only."""

from __future__ import annotations

from typing import Final

from .tables import word_set

NATIONALITIES: Final = word_set(
    """
    american argentinian australian austrian belgian brazilian british bulgarian canadian chilean chinese
    colombian croatian czech danish dutch egyptian english estonian ethiopian finnish french german ghanaian
    greek hungarian icelandic indian indonesian iranian irish israeli italian japanese kenyan korean latvian
    lithuanian mexican moroccan nigerian norwegian pakistani peruvian polish portuguese romanian russian
    scottish serbian slovak slovenian spanish swedish swiss taiwanese thai turkish ukrainian vietnamese welsh
    """
)

# "I am ..." followed by one of these lasts
LASTING_STATES: Final = word_set(
    """
    vegetarian vegan pescatarian diabetic dyslexic deaf blind married single divorced engaged retired pregnant
    bilingual unemployed left-handed right-handed colour-blind color-blind self-employed gluten-free lactose
    gluten coeliac celiac asthmatic nocturnal neurodivergent autistic widowed introverted extroverted atheist
    """
)

# "I have a ..." and "my ... is": of the moment, not of the person
PASSING_NOUNS: Final = word_set(
    """
    question questions problem problems issue issues bug bugs error errors idea ideas doubt doubts look feeling
    point points request requests list lists file files function functions string strings script scripts
    variable variables array arrays table tables class classes code guess bad mistake apologies apology
    understanding concern concerns input output query queries message messages answer reply test tests
    exception crash warning chance clue trouble favor favour moment minute second hunch suspicion thought
    thoughts impression fault pleasure turn condolences parser regex
    regexes dataframe dict dictionary column columns json csv loop
    endpoint response column row rows word words opinion
    """
)
