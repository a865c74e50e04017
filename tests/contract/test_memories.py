"""What agents remember, and their pairs, stay in the store and in no file."""

import pytest

from beadwork.model.errors import InvalidField, UndoConflict, UnknownEvent, UnknownMemory
from beadwork.ops.event import ListEvents, Undo
from beadwork.ops.memory import Forget, ListMemories, Recall, Remember, key_of
from beadwork.ops.pair import ClearPair, GetPair, ListPairs, SetPair
from tests.support import Project


def test_a_memory_has_a_key_of_its_first_words(project: Project) -> None:
    kept = project.run(Remember(text="Run the Tests with -race, always!"))
    assert (kept.key, kept.action) == ("run-the-tests-with-race-always", "remembered")
    assert len(key_of("word " * 40)) <= 60


def test_a_known_key_is_changed_and_a_repeat_changes_nothing(project: Project) -> None:
    project.run(Remember(text="One", key="k"))
    assert project.run(Remember(text="Two", key="k"), actor="bob").action == "updated"
    assert project.run(Remember(text="Two", key="k")).action == "unchanged"
    (memory,) = project.run(ListMemories()).memories
    assert (memory.text, memory.actor) == ("Two", "bob")
    assert memory.created_at < memory.updated_at


def test_texts_that_begin_alike_are_both_kept(project: Project) -> None:
    start = "One two three four five six seven eight"
    texts = [f"{start} and {end}" for end in ("nine", "ten", "eleven")]
    keys = [project.run(Remember(text=each)).key for each in texts]
    base = key_of(start)
    assert keys == [base, f"{base}-2", f"{base}-3"]
    again = project.run(Remember(text=texts[1]))
    assert (again.key, again.action) == (keys[1], "unchanged")
    assert [each.text for each in project.run(ListMemories()).memories] == texts


def test_recall_takes_the_key_before_words(project: Project) -> None:
    project.run(Remember(text="About the store", key="tests"))
    project.run(Remember(text="Tests need a store", key="b"))
    assert [each.key for each in project.run(Recall(key="tests")).memories] == ["tests"]
    assert [each.key for each in project.run(Recall(key="STORE tests")).memories] == ["b", "tests"]
    assert project.run(Recall(key="nothing of it")).memories == []


def test_what_is_forgotten_is_gone(project: Project) -> None:
    project.run(Remember(text="One", key="k"))
    assert project.run(Forget(key="k")).text == "One"
    with pytest.raises(UnknownMemory):
        project.run(Forget(key="k"))


@pytest.mark.parametrize(("text", "key"), [("", ""), (" ", "k"), ("…", ""), ("x", "a\nb")])
def test_an_empty_text_and_a_strange_key_are_refused(project: Project, text: str, key: str) -> None:
    with pytest.raises(InvalidField):
        project.run(Remember(text=text, key=key))


def test_pairs_are_set_and_cleared(project: Project) -> None:
    assert project.run(GetPair(key="a")).value is None
    project.run(SetPair(key="a", value=""))
    assert project.run(GetPair(key="a")).value == ""
    assert project.run(ListPairs()).pairs == {"a": ""}
    assert project.run(ClearPair(key="a")).deleted
    assert not project.run(ClearPair(key="a")).deleted


def test_what_happens_to_memories_is_logged_and_not_undone_by_chance(project: Project) -> None:
    project.run(Remember(text="One", key="k"))
    project.run(SetPair(key="a", value="1"))
    first, second = project.run(ListEvents()).events
    assert (first.kind, first.changes[0].field, first.changes[0].after) == (
        "remembered",
        "memory.k",
        "One",
    )
    assert (second.kind, second.changes[0].field) == ("set", "pair.a")
    with pytest.raises(UnknownEvent):
        project.run(Undo())
    with pytest.raises(UndoConflict):
        project.run(Undo(request=first.request))
