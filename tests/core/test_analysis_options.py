"""The one table of an analysis's options: travelling, checking, defaults, record."""

from __future__ import annotations

from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuemark.core import serialise
from cuemark.core.analysis_options import (
    CAPTIONERS,
    MODEL_ROLES,
    PRESETS,
    AnalysisOptions,
    checked,
    fits,
    from_texts,
    record,
    to_texts,
    with_settings,
)
from cuemark.core.errors import OptionError
from cuemark.core.label_set import Label, LabelExample, LabelSet, LabelVector
from cuemark.core.limits import MemoryLimit
from cuemark.core.options import walk
from cuemark.core.settings import load

FULL = AnalysisOptions(
    shots=True,
    labels=LabelSet(
        (
            Label("kiss", ("two people kissing",), ("a hug",), 0.7),
            Label("hands, close", examples=(LabelExample(Path("/a b.mp4"), Fraction(5, 2), LabelVector("m", b"\0<")),)),
        ),
        ("an empty room",),
        0.25,
    ),
    moments=7,
    preset="fast",
    models={"clip": "light", "lm": "/models/lm"},
    min_confidence=Fraction(3, 5),
    captioner="vlm",
    vlm="http://127.0.0.1:11434",
    vlm_model="qwen3-vl",
    vlm_host="nas",
    speech="off",
    language="de",
    transcript="/footage/take 1.srt",
    screen_text="on",
    sound_track=2,
    chapters=9,
    chapter_length=Fraction(20),
    chapters_at="0,30.5",
    chapter_titles="/footage/titles.txt",
    any_order=True,
    title_style="question",
    titles_by="vlm",
    sample_rate=Fraction(30000, 1001),
    seed=2**63 - 1,
    vram=MemoryLimit(share=Fraction(1, 3)),
    gentle=False,
    growing=True,
    settings={"search.beams": "7"},
)
OPTIONS = st.builds(
    AnalysisOptions,
    moments=st.none() | st.integers(),
    preset=st.none() | st.sampled_from(PRESETS),
    min_confidence=st.none() | st.fractions(),
    captioner=st.none() | st.sampled_from(CAPTIONERS),
    sample_rate=st.none() | st.fractions(),
    seed=st.none() | st.integers(0, 2**63 - 1),
    vram=st.none() | st.builds(MemoryLimit, size=st.integers(1, 2**63 - 1)),
    gentle=st.none() | st.booleans(),
)


@given(OPTIONS)
def test_options_travel_as_text_and_come_back_the_same(options: AnalysisOptions) -> None:
    assert from_texts(to_texts(options)) == options
    assert serialise.loads(AnalysisOptions, serialise.dumps(options)) == options


def test_every_field_travels() -> None:
    assert all(getattr(FULL, field.name) not in (None, {}) for field in fields(FULL)), "the example lacks a field"
    assert from_texts(to_texts(FULL), FULL.models, FULL.settings) == FULL
    assert checked(FULL) is FULL


def test_a_name_that_is_no_option_is_refused() -> None:
    with pytest.raises(OptionError, match="'moment'") as caught:
        from_texts({"moment": "7"})
    assert caught.value.code == "option_unknown"
    assert "moments" in caught.value.next_step


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"moments": 0}, "option_moments", "The number of moments must be 1 to 500, not 0."),
        ({"moments": 501}, "option_moments", "The number of moments must be 1 to 500, not 501."),
        ({"chapters": 0}, "option_chapters", "The number of chapters must be 1 to 500, not 0."),
        ({"chapter_length": Fraction(0)}, "option_chapter_length", "The shortest chapter must be above 0"),
        ({"preset": "quick"}, "option_preset", "There is no preset 'quick'."),
        ({"min_confidence": Fraction(-1)}, "option_min_confidence", "The least confidence must be 0 to 1, not -1."),
        ({"min_confidence": Fraction(3, 2)}, "option_min_confidence", "The least confidence must be 0 to 1, not 1.5."),
        ({"sample_rate": Fraction(0)}, "option_sample_fps", "The sampling rate 0 is not above 0 and at most 120 "),
        ({"sample_rate": Fraction(241, 2)}, "option_sample_fps", "The sampling rate 120.5 is not "),
        ({"seed": -1}, "option_seed", "seed cannot be '-1': it is a whole number, 0 to 9223372036854775807, or auto."),
        ({"vram": MemoryLimit(size=0)}, "option_vram", "0 is no amount of GPU memory."),
        ({"models": {"image": "light"}}, "option_models", "No model is used as 'image'."),
        ({"captioner": "poet"}, "option_captioner", "There is no captioner 'poet'."),
        ({"vlm": None}, "vlm_missing", "--captioner vlm needs a vision-language model."),
        ({"captioner": None, "vlm": None}, "vlm_missing", "--titles-by vlm needs a vision-language model."),
        (
            {"captioner": None, "titles_by": None},
            "vlm_unused",
            "--vlm names a vision-language model, but the captioner ",
        ),
        ({"captioner": "beam", "titles_by": "lm", "vlm": None}, "vlm_unused", "--vlm-model names a vision-language m"),
        ({"title_style": "haiku"}, "option_title_style", "There is no style of titles 'haiku'."),
        ({"titles_by": "poet"}, "option_titles_by", "Nobody called 'poet' writes titles."),
        ({"vlm": "models/smolvlm"}, "option_vlm", "'models/smolvlm' is neither a server's address nor a whole path."),
        ({"vlm": "/models/smolvlm"}, "option_vlm_model", "A folder holds one model; --vlm-model is for servers."),
        ({"vlm_host": "http://nas"}, "option_vlm_host", "'http://nas' is not the name of a host."),
    ],
)
def test_what_cannot_be_is_refused_with_the_options_own_code(changes: dict[str, Any], code: str, said: str) -> None:
    with pytest.raises(OptionError) as caught:
        checked(replace(FULL, **changes))
    assert caught.value.code == code
    assert caught.value.message.startswith(said)
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("moments", "many", "option_moments"),
        ("min_confidence", "sure", "option_min_confidence"),
        ("sample_rate", "fast", "option_sample_fps"),
        ("vram", "1/0", "option_vram"),
    ],
)
def test_what_is_no_value_is_refused_with_the_options_own_code(name: str, text: str, code: str) -> None:
    with pytest.raises(OptionError) as caught:
        from_texts({name: text})
    assert caught.value.code == code


def test_settings_of_the_user_hold_where_nothing_is_said() -> None:
    asked = load({"CUEMARK_GENTLE": "1", "CUEMARK_VRAM": "2G"})
    filled = with_settings(AnalysisOptions(seed=3), asked)
    assert filled == AnalysisOptions(seed=3, vram=MemoryLimit.parse("2G"), gentle=True)
    said = AnalysisOptions(vram=MemoryLimit.parse("50%"), gentle=False)
    assert with_settings(said, asked) == said
    assert with_settings(AnalysisOptions(), load({})) == AnalysisOptions()


def test_the_record_holds_what_has_a_part_in_the_result_and_nothing_else() -> None:
    assert record(AnalysisOptions()) == {
        "moments": "auto",
        "preset": "balanced",
        "min_confidence": "auto",
        "captioner": "lexicon",
        "sample_rate": "auto",
        "seed": "0",
    }
    assert record(FULL) == {
        "moments": "7",
        "preset": "fast",
        "min_confidence": "3/5",
        "captioner": "vlm",
        "vlm": "http://127.0.0.1:11434",
        "vlm_model": "qwen3-vl",
        "speech": "off",
        "language": "de",
        "transcript": "/footage/take 1.srt",
        "screen_text": "on",
        "sound_track": "2",
        "labels": str(FULL.labels),
        "shots": "true",
        "chapters": "9",
        "chapter_length": "20/1",
        "chapters_at": "0,30.5",
        "chapter_titles": "/footage/titles.txt",
        "any_order": "true",
        "title_style": "question",
        "titles_by": "vlm",
        "sample_rate": "30000/1001",
        "seed": str(2**63 - 1),
        "search.beams": "7",
    }


def test_an_analysis_fits_unless_it_was_asked_for_otherwise() -> None:
    asked = replace(FULL, labels=None)
    recorded = record(asked)
    assert fits(AnalysisOptions(), recorded)
    assert fits(replace(asked, gentle=True, vram=None, vlm_host=None), recorded), "limits change nothing that is found"
    for change in ({"moments": 8}, {"seed": 1}, {"settings": {"search.beams": "8"}}, {"settings": {"rounds": "3"}}):
        assert not fits(replace(asked, **change), recorded)


def test_an_analysis_that_looked_for_labels_fits_only_who_asks_for_the_same_ones() -> None:
    labels = FULL.labels
    assert labels is not None
    recorded = record(AnalysisOptions(labels=labels))
    assert fits(AnalysisOptions(labels=labels), recorded)
    assert fits(AnalysisOptions(labels=labels.without_vectors()), recorded), "a kept vector is the same example"
    assert not fits(AnalysisOptions(), recorded), "moments of labels are not what happens in the footage"
    assert not fits(AnalysisOptions(labels=labels), record(AnalysisOptions()))
    assert not fits(AnalysisOptions(labels=replace(labels, threshold=0.9)), recorded)


def test_every_option_says_what_it_is() -> None:
    for option in walk(AnalysisOptions()):
        assert option.tunable.help.endswith(".")
        assert option.value is None
    for role in MODEL_ROLES.values():
        assert role.help and role.metavar
