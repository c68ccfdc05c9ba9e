"""Undo and redo, step by step: an analysis goes back through all that was done to it, and forward again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core.analysis import Analysis, DeleteEdit, MomentEdit, UndoEdit
from cuemark.core.errors import OptionError
from cuemark.library.edit_log import EditLog
from cuemark.library.store import Library
from tests.library.example import found


@pytest.fixture
def kept(library: Library) -> Analysis:
    return library.analyses.add(found())


def captions_of(analysis: Analysis) -> list[str]:
    return [moment.caption for moment in analysis.moments]


def test_edits_are_undone_from_the_last_and_done_again_from_the_first(library: Library, kept: Analysis) -> None:
    store = library.analyses
    states = [kept]
    for caption in ("one", "two", "three"):
        states.append(store.edit(kept.id, MomentEdit("m1", caption=caption)))
    for state in states[-2::-1]:
        assert captions_of(store.step_back(kept.id)) == captions_of(state)
    assert (store.steps(kept.id).back, store.steps(kept.id).forward) == (0, 3)
    for state in states[1:]:
        assert captions_of(store.step_forward(kept.id)) == captions_of(state)
    assert store.get(kept.id) == states[-1]


def test_there_is_nothing_before_the_first_edit_and_nothing_behind_the_last(library: Library, kept: Analysis) -> None:
    with pytest.raises(OptionError) as back:
        library.analyses.step_back(kept.id)
    library.analyses.edit(kept.id, DeleteEdit("m2"))
    with pytest.raises(OptionError) as forward:
        library.analyses.step_forward(kept.id)
    assert back.value.code == forward.value.code == "edit_no_step"
    assert "could be undone" in back.value.message and "done again" in forward.value.message


def test_a_new_edit_ends_what_could_be_done_again(library: Library, kept: Analysis) -> None:
    store = library.analyses
    store.edit(kept.id, MomentEdit("m1", caption="first"))
    store.step_back(kept.id)
    store.edit(kept.id, MomentEdit("m1", caption="second"))
    assert store.steps(kept.id).forward == 0 and store.steps(kept.id).back == 1
    assert store.step_back(kept.id) == kept


def test_what_was_undone_of_a_moment_is_a_step_too(library: Library, kept: Analysis) -> None:
    store = library.analyses
    store.edit(kept.id, MomentEdit("m1", caption="first"))
    edited = store.edit(kept.id, MomentEdit("m1", caption="second"))
    assert store.undo(kept.id, "m1") == kept
    assert store.step_back(kept.id) == edited
    assert store.step_forward(kept.id) == kept


def test_a_request_that_is_made_twice_is_one_step(library: Library, kept: Analysis) -> None:
    store = library.analyses
    for caption in ("one", "two"):
        store.edit(kept.id, MomentEdit("m1", caption=caption))
    once = store.step_back(kept.id, "the same request")
    assert store.step_back(kept.id, "the same request") == once
    assert store.steps(kept.id).back == 1


@given(st.lists(st.sampled_from(["edit", "back", "forward"]), max_size=40))
def test_steps_are_those_of_a_list_of_states(actions: list[str]) -> None:
    log, states, place = EditLog(found(), {}), [captions_of(found())], 0
    for number, action in enumerate(actions, 1):
        if action == "edit":
            log = EditLog(log.base, {**log.entries, number: MomentEdit("m1", caption=f"caption {number}")})
            states = [*states[: place + 1], captions_of(log.edited)]
            place += 1
        elif (place if action == "back" else len(states) - 1 - place) > 0:
            step: UndoEdit = log.stepped("back" if action == "back" else "forward")
            log = EditLog(log.base, {**log.entries, number: step})
            place += -1 if action == "back" else 1
        assert captions_of(log.edited) == states[place]
        assert (log.steps.back, log.steps.forward) == (place, len(states) - 1 - place)
