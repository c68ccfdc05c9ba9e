"""Which transcript counts: the one that is named, one beside the file, a subtitle stream in it, else what is heard."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from cuemark.core.analysis_options import NO_TRANSCRIPT, AnalysisOptions
from cuemark.core.errors import InputError
from cuemark.core.media import MediaInfo
from cuemark.core.progress import SilentProgress
from cuemark.core.transcript import Transcript, TranscriptOrigin, Utterance
from cuemark.evidence.speech.found import find_transcript
from cuemark.evidence.speech.given import subtitle_transcript
from cuemark.media.probe import probe
from cuemark.media.subtitles import SubtitleInfo, best_subtitles
from tests.media.subtitled import Subtitles, film

SRT = "1\n00:00:01,000 --> 00:00:02,000\nFrom the file.\n"
HEARD = Transcript((Utterance(Fraction(0), Fraction(1), "Heard."),), name="ears")
QUIET = SilentProgress()


def told(path: Path) -> MediaInfo:
    return probe(path, QUIET)


FORMS = {
    ("mkv", "subrip"): "<i>Hello</i> there.",
    ("mp4", "mov_text"): "Hello there.",
    ("mkv", "webvtt"): "<v Anna>Hello <b>there.</b>",
    ("mkv", "ass"): "0,0,Default,Anna,0,0,0,,{\\i1}Hello{\\i0}\\Nthere.",
}


@pytest.mark.parametrize("form", FORMS)
def test_text_in_a_container_is_read_from_the_first_frame_shown(form: tuple[str, str], tmp_path: Path) -> None:
    suffix, codec = form
    second = "1,0,Default,,0,0,0,,مرحبا بالعالم." if codec == "ass" else "مرحبا بالعالم."
    texts = [(700, 1500, FORMS[form]), (1500, 2300, second)]
    info = told(film(tmp_path / f"a.{suffix}", streams=[Subtitles(codec, texts)], late=5))
    found = subtitle_transcript(info, QUIET)
    assert found is not None
    assert [(one.start, one.text) for one in found.utterances] == [
        (Fraction(7, 10) - info.start_time, "Hello there."),
        (Fraction(3, 2) - info.start_time, "مرحبا بالعالم."),
    ]
    assert found.utterances[0].end == Fraction(3, 2) - info.start_time
    assert (found.language, found.origin) == ("en", TranscriptOrigin.SUBTITLES)
    assert found.utterances[0].speaker == ("Anna" if codec in ("webvtt", "ass") else "")


def test_the_stream_in_the_language_that_is_spoken_counts_then_the_default(tmp_path: Path) -> None:
    streams = [
        Subtitles("subrip", [(500, 900, "Hello.")], "eng"),
        Subtitles("subrip", [(500, 900, "Hallo.")], "ger", default=True),
        Subtitles("subrip", [(500, 900, "Salut.")], "fre"),
    ]
    info = told(film(tmp_path / "a.mkv", streams=streams))
    for language, text in {"": "Hallo.", "fr": "Salut.", "en": "Hello."}.items():
        found = subtitle_transcript(info, QUIET, language)
        assert found is not None and [one.text for one in found.utterances] == [text]


def test_a_stream_of_foreign_words_alone_says_not_what_is_said() -> None:
    forced = SubtitleInfo(2, "subrip", "SubRip", "en", is_default=True, is_forced=True)
    full = SubtitleInfo(3, "subrip", "SubRip", "en")
    assert best_subtitles((forced, full), "en") == full and best_subtitles((forced,), "en") == forced


def test_subtitles_that_are_pictures_are_named_and_cost_nothing(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", streams=[Subtitles("pgssub", [(100, 200, "\x16\0\0")])])
    found = find_transcript(told(path), AnalysisOptions(), QUIET, lambda: HEARD)
    assert found.transcript is not None and found.transcript.name == "ears"
    (notice,) = found.notices
    assert notice.code == "subtitles_are_pictures" and "Blu-ray" in notice.message


def test_what_is_nearer_to_the_users_hand_goes_first(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", streams=[Subtitles("subrip", [(500, 900, "Inside.")])])
    info = told(path)

    def first(**options: str) -> str:
        found = find_transcript(info, AnalysisOptions(**options), QUIET, lambda: HEARD).transcript  # type: ignore[arg-type]
        assert found is not None
        return found.utterances[0].text

    assert first() == "Inside."
    (tmp_path / "a.srt").write_text(SRT)
    assert first() == "From the file."
    named = tmp_path / "elsewhere.srt"
    named.write_text(SRT.replace("the file", "the user"))
    assert first(transcript=str(named)) == "From the user."
    assert first(transcript=NO_TRANSCRIPT) == "Heard."


def test_what_was_found_and_is_broken_is_passed_over_aloud_and_what_was_named_is_refused(tmp_path: Path) -> None:
    info = told(film(tmp_path / "a.mkv", streams=[Subtitles("subrip", [(500, 900, "Inside.")])]))
    broken = tmp_path / "a.srt"
    broken.write_bytes(bytes(500))
    found = find_transcript(info, AnalysisOptions(), QUIET)
    assert found.transcript is not None and found.transcript.origin is TranscriptOrigin.SUBTITLES
    assert [notice.code for notice in found.notices] == ["transcript_empty"]
    with pytest.raises(InputError):
        find_transcript(info, AnalysisOptions(transcript=str(broken)), QUIET)


def test_nothing_given_and_nobody_to_listen_is_no_transcript(tmp_path: Path) -> None:
    found = find_transcript(told(film(tmp_path / "a.mp4")), AnalysisOptions(), QUIET)
    assert (found.transcript, found.notices) == (None, ())
