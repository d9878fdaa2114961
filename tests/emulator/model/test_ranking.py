"""Which memories are recalled: the labelled queries hold the level reached, single tests say what is promised."""

from __future__ import annotations

from provisioner.emulator.model import Memory
from provisioner.emulator.model.embedded import EmbeddedModel
from tests.emulator.model.labelled import cases, embedded, mean_recall, stems_only

REACHED_AT_5 = 0.93


def profile(*contents: str) -> list[Memory]:
    return [
        Memory(memory_id=f"m{place}", kind="user_profile", content=content) for place, content in enumerate(contents)
    ]


def order(query: str, memories: list[Memory]) -> list[str]:
    return [scored.memory.content for scored in EmbeddedModel().rank(query, memories).scored]


def test_recall_at_five_keeps_the_level_reached_and_far_above_plain_bm25() -> None:
    assert mean_recall(embedded) >= REACHED_AT_5
    assert mean_recall(stems_only) < 0.5


def test_there_are_a_few_dozen_queries_and_each_names_known_memories() -> None:
    everything = list(cases())

    assert len(everything) >= 60
    assert all(case.relevant <= {memory.memory_id for memory in case.memories} for case in everything)


def test_a_task_recalls_how_this_person_likes_it_before_their_pets() -> None:
    memories = profile("Has a cat", "Works mostly in Julia", "Likes short, code-first answers")

    assert order("Recommend a way to read CSV files for me.", memories)[-1] == "Has a cat"


def test_a_profile_is_always_somewhat_relevant() -> None:
    assert order("xyzzy", profile("Likes tea", "Plays chess")) == ["Likes tea", "Plays chess"]


def test_summaries_and_how_tos_come_only_when_they_match() -> None:
    memories = [
        Memory(memory_id="s", kind="chat_summary", content="The user asked: How hot should the tea be?."),
        Memory(memory_id="p", kind="procedural", content="To deploy: run ship.sh"),
    ]

    assert order("xyzzy", memories) == []
    assert order("How do I deploy?", memories) == ["To deploy: run ship.sh"]


def test_a_summary_comes_behind_the_facts_it_repeats_unless_it_is_asked_for() -> None:
    memories = [
        *profile("Likes oolong tea"),
        Memory(memory_id="s", kind="chat_summary", content="The user said: likes oolong tea."),
    ]

    assert order("Which tea?", memories)[0] == "Likes oolong tea"
    assert order("What did we talk about last time?", memories)[0].startswith("The user said")


def test_the_order_of_the_memories_does_not_matter() -> None:
    memories = profile("Likes tea", "Plays chess", "Uses Vim", "Lives in Graz")

    assert order("Which editor?", memories) == order("Which editor?", memories[::-1])


def test_nothing_is_ranked_without_memories() -> None:
    ranking = EmbeddedModel().rank("What do I like?", ())

    assert ranking.scored == ()
    assert ranking.usage.embedding_tokens == 4
