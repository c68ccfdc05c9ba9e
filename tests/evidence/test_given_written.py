"""What is written of a transcript is read back the same: by us, by pysubs2 and by webvtt-py, in every script."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuemark.core.text import one_line
from cuemark.core.transcript import Transcript, Transcription, Utterance, Word
from cuemark.core.transcript_text import TRANSCRIPT_FORMATS
from cuemark.evidence.speech.given import read_transcript
from tests.daemon.fake_worker import made_up_analysis

MEDIA = replace(
    made_up_analysis(Path("/footage/a.mp4")).media, duration=Fraction(4000), picture_start=Fraction(21, 1000)
)
SENTENCES = {
    "Arabic": "مرحبا بالعالم، كيف حالك اليوم؟",
    "Arabic and Latin": "شاهد فيلم Blade Runner (1982) الليلة!",
    "Hebrew": "שלום עולם, מה שלומך היום?",
    "Japanese": "吾輩は猫である。名前はまだ無い。",
    "Chinese": "你好，世界。今天天气很好！",
    "Thai": "สวัสดีชาวโลก วันนี้อากาศดี",
    "Korean": "안녕하세요, 세계 여러분.",
    "Hindi": "नमस्ते दुनिया।",
    "emoji": "Family 👨‍👩‍👧 says 👋🏽.",
    "markup": "if a < b && b > c then <i>x</i> &amp; {\\an8} --> done.",
    "accents": "Ce garçon — où est-il ? Naïve cafe\u0301.",
    "digits": "42",
}


def spoken(*texts: str, speaker: str = "") -> Transcription:
    """Each text in a second and a half, from half a second on, with words that have times of their own."""
    found = []
    for number, text in enumerate(texts):
        start = Fraction(1, 2) + 2 * number
        words = tuple(
            Word(start + Fraction(place, 7), start + Fraction(place + 1, 7), word, 0.25)
            for place, word in enumerate(text.split()[:8])
        )
        found.append(Utterance(start, start + Fraction(3, 2), text, speaker, words, 0.75))
    return Transcription(MEDIA, Transcript(tuple(found), "ar"))


def read_back(said: Transcription, form: str, folder: Path) -> tuple[Utterance, ...]:
    path = folder / f"a{TRANSCRIPT_FORMATS[form].suffix}"
    path.write_bytes(TRANSCRIPT_FORMATS[form].write(said).encode())
    return read_transcript(path, MEDIA.duration, picture_start=MEDIA.picture_start).utterances


@pytest.mark.parametrize("script", SENTENCES)
@pytest.mark.parametrize("form", ["srt", "vtt", "json"])
def test_every_script_comes_back_as_it_was(script: str, form: str, tmp_path: Path) -> None:
    text = SENTENCES[script]
    said = spoken("One.", text, "Two.")
    found = read_back(said, form, tmp_path)
    wanted = text.replace("-->", "->") if form == "srt" else text
    wanted = wanted.replace("{\\an8} ", "") if form == "srt" else wanted
    assert [one.text for one in found] == ["One.", wanted, "Two."]
    assert [(one.start, one.end) for one in found] == [(o.start, o.end) for o in said.transcript.utterances]


def test_our_json_is_exact(tmp_path: Path) -> None:
    start = Fraction(1001, 30000)
    one = Utterance(
        start, start + Fraction(1, 3), "A third.", "Anna", (Word(start, start + Fraction(1, 7), "A", 0.1),), 0.3
    )
    said = Transcription(MEDIA, Transcript((one,), "en", name="whisper-base"))
    assert read_back(said, "json", tmp_path) == (one,)


def test_a_time_that_somebody_changed_in_our_json_counts(tmp_path: Path) -> None:
    data = json.loads(TRANSCRIPT_FORMATS["json"].write(spoken("Hello.")))
    data["utterances"][0]["end_s"] = 7.5
    path = tmp_path / "a.json"
    path.write_text(json.dumps(data))
    assert read_transcript(path, MEDIA.duration).utterances[0].end == Fraction(15, 2)


@pytest.mark.parametrize("script", sorted(set(SENTENCES) - {"markup"}))
def test_other_readers_read_the_same(script: str) -> None:
    import pysubs2
    import webvtt

    said = spoken(SENTENCES[script], "Two.", speaker="Anna")
    ahead = MEDIA.picture_start * 1000
    times = [(int(o.start * 1000 + ahead), int(o.end * 1000 + ahead)) for o in said.transcript.utterances]
    for form in ("srt", "vtt"):
        subs = pysubs2.SSAFile.from_string(TRANSCRIPT_FORMATS[form].write(said), form)
        assert [(each.start, each.end) for each in subs] == times
        assert [each.plaintext for each in subs] == [SENTENCES[script], "Two."]
    captions = webvtt.from_buffer(StringIO(TRANSCRIPT_FORMATS["vtt"].write(said))).captions
    assert [each.text for each in captions] == [SENTENCES[script], "Two."]
    assert [each.voice for each in captions] == ["Anna", "Anna"]
    assert [each.start_in_seconds for each in captions] == [start // 1000 for start, _ in times]


def test_plain_text_is_paragraphs_with_who_speaks() -> None:
    texts = ["吾輩は猫である。", "名前はまだ無い。"]
    close = [
        replace(one, start=Fraction(n), end=Fraction(n + 1))
        for n, one in enumerate(spoken(*texts).transcript.utterances)
    ]
    far = Utterance(Fraction(60), Fraction(61), "Hello.", "Anna")
    said = Transcription(MEDIA, Transcript((*close, far), "ja"))
    assert TRANSCRIPT_FORMATS["txt"].write(said) == "吾輩は猫である。名前はまだ無い。\n\nAnna: Hello.\n"


WORDS = st.sampled_from(
    [*(word for text in SENTENCES.values() for word in text.split()), "<b>", "&lt;", "a", "7", "\u200f"]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=6).map(" ".join).map(one_line).filter(lambda text: text.strip("\u200f "))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS, min_size=1, max_size=4), gaps=st.lists(st.integers(0, 2999), min_size=8, max_size=8))
def test_any_transcript_comes_back_from_webvtt_and_json(texts: list[str], gaps: list[int], tmp_path: Path) -> None:
    at, found = Fraction(0), []
    for text, gap, length in zip(texts, gaps[::2], gaps[1::2], strict=False):
        at += Fraction(gap, 1000)
        found.append(Utterance(at, at + Fraction(length + 1, 1000), text, "Anna" if gap % 2 else ""))
        at += Fraction(length + 1, 1000)
    said = Transcription(MEDIA, Transcript(tuple(found), "en"))
    for form in ("vtt", "json"):
        again = read_back(said, form, tmp_path)
        assert [(o.start, o.end, o.speaker, o.text) for o in again] == [
            (o.start, o.end, o.speaker, one_line(o.text)) for o in found
        ], form
