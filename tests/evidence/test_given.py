"""Transcripts that people and other programs wrote, read as what is said; and what is wrong with one, said in words."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cuemark.core.errors import InputError
from cuemark.core.transcript import Transcript
from cuemark.evidence.speech import given
from cuemark.evidence.speech.given import beside, language_tag, read_transcript

MINUTE = Fraction(60)


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of that name."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def cues(*entries: tuple[str, str, str]) -> str:
    """A SubRip file."""
    return "".join(f"{n}\n{start} --> {end}\n{text}\n\n" for n, (start, end, text) in enumerate(entries, 1))


def said(transcript: Transcript) -> list[tuple[float, float, str]]:
    return [(float(one.start), float(one.end), one.text) for one in transcript.utterances]


def codes(transcript: Transcript) -> list[str]:
    return [notice.code for notice in transcript.warnings]


TWO = cues(("00:00:01,000", "00:00:02,500", "Good evening."), ("00:00:03,250", "00:00:04,000", "Sit down."))


def test_a_subrip_file_is_what_is_said_to_the_millisecond(file: Callable[..., Path]) -> None:
    found = read_transcript(file("a.srt", TWO), MINUTE)
    assert [(one.start, one.end) for one in found.utterances] == [(1, Fraction(5, 2)), (Fraction(13, 4), 4)]
    assert [one.text for one in found.utterances] == ["Good evening.", "Sit down."]
    assert (found.name, found.origin.value, found.warnings) == ("a.srt", "file", ())


@pytest.mark.parametrize(
    "text",
    [
        TWO.replace("\n", "\r\n"),
        TWO.replace("\n", "\r"),
        "\ufeff" + TWO,
        TWO.replace(",", "."),
        TWO.replace("00:00:0", "0:0:"),
        TWO.replace("00:00:", "00:"),
        TWO.replace("1\n", "", 1).replace("2\n00", "00"),
        TWO.replace("\n\n", "\n"),
        TWO.replace("00:00:01", "00 : 00 : 01"),
        TWO.replace("Good evening.", "<i>Good</i> <font color='#ff0'>evening.</font>"),
        TWO.replace("Good evening.", "{\\an8}Good\nevening."),
        TWO.replace(",500\n", ",500 X1:100 X2:200\n"),
        TWO.rstrip("\n"),
        "\n\n" + TWO,
    ],
)
def test_subrip_as_the_world_writes_it_is_the_same(file: Callable[..., Path], text: str) -> None:
    assert said(read_transcript(file("a.srt", text.encode("utf-8")), MINUTE)) == [
        (1, 2.5, "Good evening."),
        (3.25, 4, "Sit down."),
    ]


def test_times_are_a_players_and_the_first_frame_shown_is_zero(file: Callable[..., Path]) -> None:
    found = read_transcript(file("a.srt", TWO), MINUTE, picture_start=Fraction(1001, 30000))
    assert found.utterances[0].start == 1 - Fraction(1001, 30000)


VTT = """WEBVTT - a talk
Language: de-DE

NOTE
a remark

STYLE
::cue { color: lime }

intro
00:01.000 --> 00:02.000 align:start line:0
<v.loud Anna>Gib &lt;mir&gt; <b>das</b> Buch.

00:00:02.000 --> 00:00:04.000
<v Ben>Nein.<v Anna>Doch, doch.

00:00:04.000 --> 00:00:06.000
Er<00:00:04.500><c> sagte</c><00:00:05.000><c> es.</c>
"""


def test_webvtt_has_voices_styles_and_times_of_words(file: Callable[..., Path]) -> None:
    found = read_transcript(file("a.vtt", VTT), MINUTE)
    assert [(one.speaker, one.text) for one in found.utterances] == [
        ("Anna", "Gib <mir> das Buch."),
        ("Ben", "Nein."),
        ("Anna", "Doch, doch."),
        ("", "Er sagte es."),
    ]
    assert found.utterances[1].end == found.utterances[2].start
    assert [(word.text, float(word.start)) for word in found.utterances[3].words] == [
        ("Er", 4.0),
        ("sagte", 4.5),
        ("es.", 5.0),
    ]
    assert found.language == "de"


WHISPER = {
    "text": " Hello there.",
    "language": "en",
    "segments": [
        {
            "id": 0, "start": 0.0, "end": 1.34, "text": " Hello there.", "avg_logprob": -0.1, "temperature": 0.0,
            "words": [
                {"word": " Hello", "start": 0.0, "end": 0.5, "probability": 0.9},
                {"word": " there.", "start": 0.5, "end": 1.34, "probability": 0.8},
            ],
        }
    ],
}  # fmt: skip
CPP = {
    "result": {"language": "en"},
    "transcription": [
        {
            "timestamps": {"from": "00:00:00,000", "to": "00:00:01,340"}, "offsets": {"from": 0, "to": 1340},
            "text": " Hello there.",
            "tokens": [
                {"text": "[_BEG_]", "offsets": {"from": 0, "to": 0}, "p": 0.9},
                {"text": " Hel", "offsets": {"from": 0, "to": 200}, "p": 0.9},
                {"text": "lo", "offsets": {"from": 200, "to": 500}, "p": 0.9},
                {"text": " there", "offsets": {"from": 500, "to": 1200}, "p": 0.8},
                {"text": ".", "offsets": {"from": 1200, "to": 1340}, "p": 0.8},
            ],
        }
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        WHISPER,
        WHISPER["segments"],
        {**WHISPER, "language": "english"},
        {"segments": WHISPER["segments"], "word_segments": [], "language": "en"},
        CPP,
    ],
)
def test_the_dialects_of_whisper_say_the_same(file: Callable[..., Path], data: Any) -> None:
    found = read_transcript(file("a.json", json.dumps(data)), MINUTE)
    assert said(found) == [(0, 1.34, "Hello there.")]
    assert [(word.text, word.start, word.end) for word in found.utterances[0].words] == [
        ("Hello", 0, Fraction(1, 2)),
        ("there.", Fraction(1, 2), Fraction("1.34")),
    ]
    assert found.language in ("en", "")


def test_a_podcasts_transcript_of_single_words_becomes_sentences_with_speakers(file: Callable[..., Path]) -> None:
    words = [
        ("Vader", 0.5, 0.75, "I"),
        ("Vader", 0.75, 1, "am"),
        ("Vader", 1, 1.5, "your"),
        ("Vader", 1.5, 2, "Father."),
    ]
    segments = [dict(zip(("speaker", "startTime", "endTime", "body"), one, strict=True)) for one in words]
    segments.append({"speaker": "Luke", "startTime": 2, "endTime": 3, "body": "No!"})
    found = read_transcript(file("a.json", json.dumps({"version": "1.0.0", "segments": segments})), MINUTE)
    assert [(one.speaker, float(one.start), float(one.end), one.text) for one in found.utterances] == [
        ("Vader", 0.5, 2, "I am your Father."),
        ("Luke", 2, 3, "No!"),
    ]


def test_cues_that_a_sentence_runs_over_are_joined_and_cut_at_its_ends(file: Callable[..., Path]) -> None:
    text = cues(
        ("00:00:01,000", "00:00:03,000", "It was the best of times. It was"),
        ("00:00:03,000", "00:00:05,000", "the worst of times,"),
        ("00:00:05,200", "00:00:06,000", "it was the age of wisdom."),
        ("00:00:06,000", "00:00:07,000", "Yes. No."),
    )
    found = read_transcript(file("a.srt", text), MINUTE)
    assert [one.text for one in found.utterances] == [
        "It was the best of times.",
        "It was the worst of times, it was the age of wisdom.",
        "Yes. No.",
    ]
    assert 2 < found.utterances[0].end == found.utterances[1].start < 3
    assert found.utterances[1].end == 6


def test_a_sentence_does_not_run_over_a_pause_or_to_another_speaker(file: Callable[..., Path]) -> None:
    heads = ("00:01.000 --> 00:02.000\n<v A>and then", "00:02.000 --> 00:03.000\n<v B>what then")
    text = "\n\n".join(["WEBVTT", *heads, "00:09.000 --> 00:10.000\n<v B>nothing."])
    assert len(read_transcript(file("a.vtt", text), MINUTE).utterances) == 3


ROLLING = """WEBVTT
Kind: captions
Language: en

00:00:00.080 --> 00:00:02.389 align:start position:0%
 \nhello<00:00:00.500><c> and</c><00:00:01.000><c> welcome</c>

00:00:02.389 --> 00:00:02.399 align:start position:0%
hello and welcome
 \n
00:00:02.399 --> 00:00:04.789 align:start position:0%
hello and welcome
to<00:00:02.700><c> the</c><00:00:03.000><c> show</c>

00:00:04.789 --> 00:00:04.799 align:start position:0%
to the show
 \n
00:00:04.799 --> 00:00:07.000 align:start position:0%
to the show
no<00:00:05.000><c> no</c><00:00:05.500><c> no</c>
"""


def test_captions_that_roll_say_each_line_once(file: Callable[..., Path]) -> None:
    found = read_transcript(file("a.vtt", ROLLING), MINUTE)
    assert " ".join(one.text for one in found.utterances) == "hello and welcome to the show no no no"
    assert " ".join(word.text for one in found.utterances for word in one.words) == found.utterances[0].text
    assert codes(found) == ["transcript_rolling"]


def test_somebody_who_says_a_thing_twice_is_heard_twice(file: Callable[..., Path]) -> None:
    rows = [("No.", 1), ("No.", 2), ("Why?", 3), ("I said no.", 4), ("Very well.", 5), ("Then go.", 6), ("Now.", 7)]
    text = cues(*((f"00:00:0{at},000", f"00:00:0{at},900", line) for line, at in rows))
    assert [one.text for one in read_transcript(file("a.srt", text), MINUTE).utterances] == [line for line, _ in rows]


def test_nothing_usable_is_lost_and_what_is_left_out_is_counted(file: Callable[..., Path]) -> None:
    text = cues(
        ("00:00:05,000", "00:00:06,000", "Second."),
        ("00:00:01,000", "00:00:02,000", "First."),
        ("00:00:05,500", "00:00:07,000", "Third."),
        ("00:00:08,000", "00:00:08,000", "No length."),
        ("00:00:10,000", "00:00:09,000", "Backwards."),
        ("00:00:12,000", "00:00:13,000", "[Music]"),
        ("00:00:14,000", "00:00:15,000", "  "),
        ("00:xx:16,000", "00:00:17,000", "Unreadable."),
        ("00:00:19,500", "00:00:25,000", "Over the end."),
        ("00:02:00,000", "00:02:01,000", "Beyond."),
        ("00:03:00,000", "00:03:01,000", "Beyond."),
    )
    found = read_transcript(file("a.srt", text), Fraction(20))
    assert [one.text for one in found.utterances] == [
        "First.", "Second.", "Third.", "No length.", "Backwards.", "Over the end.",
    ]  # fmt: skip
    for before, after in zip(found.utterances, found.utterances[1:], strict=False):
        assert before.start < before.end <= after.start
    assert found.utterances[-1].end == 20
    told = {notice.code: notice.message for notice in found.warnings}
    assert set(told) == {
        "transcript_unreadable", "transcript_beyond_end", "transcript_sounds", "transcript_blank",
        "transcript_disorder", "transcript_overlaps", "transcript_no_length",
    }  # fmt: skip
    assert told["transcript_beyond_end"].startswith('2 cues of "a.srt"')
    assert "line 30" in told["transcript_unreadable"]
    assert told["transcript_no_length"].startswith("2 cues")


def test_people_who_speak_at_once_overlap(file: Callable[..., Path]) -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:04.000\n<v A>I never said that.\n\n00:02.000 --> 00:03.000\n<v B>You did.\n"
    found = read_transcript(file("a.vtt", text), MINUTE)
    assert [(one.speaker, float(one.start), float(one.end)) for one in found.utterances] == [("A", 1, 4), ("B", 2, 3)]
    assert not found.warnings


REFUSED = {
    "transcript_empty": b"",
    "transcript_binary": b"\x00\x01\x02\x03" * 400,
    "transcript_unknown": b"just some words\nand more of them\n",
    "transcript_no_cues": b"WEBVTT\n\nNOTE nothing\n",
    "transcript_no_text": b"1\n00:00:01,000 --> 00:00:02,000\n[Applause]\n",
    "transcript_beyond_end": b"1\n00:10:01,000 --> 00:10:02,000\nHello.\n",
    "transcript_damaged": b'{"segments": [',
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_cannot_be_used_says_why_and_what_to_do(file: Callable[..., Path], code: str) -> None:
    with pytest.raises(InputError) as caught:
        read_transcript(file("bad.srt", REFUSED[code]), MINUTE)
    assert caught.value.code == code
    assert '"bad.srt"' in caught.value.message and caught.value.next_step


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("deep.json", "[" * 100_000),
        ("analysis.json", '{"media": {}, "moments": []}'),
        ("list.json", "[1, 2, 3]"),
        ("nan.json", '{"segments": [{"start": NaN, "end": 1e999, "text": "x"}]}'),
        ("huge.json", '{"segments": [{"start": 1e99999999, "end": 2, "text": "x"}]}'),
        ("picture.srt", b"\x89PNG\r\n\x1a\n" + os.urandom(4000)),
        ("elf.vtt", b"\x7fELF\x02\x01\x01" + bytes(2000)),
    ],
)
def test_junk_is_refused_in_words(file: Callable[..., Path], name: str, content: str | bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_transcript(file(name, content), MINUTE)
    assert caught.value.code.startswith("transcript_") and caught.value.next_step


def test_a_file_that_is_not_there_a_folder_and_a_giant_are_refused(
    tmp_path: Path, file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(given, "LARGEST", 1000)
    wanted = {
        tmp_path / "none.srt": "transcript_not_found",
        tmp_path: "transcript_unreadable",
        file("big.srt", TWO * 40): "transcript_too_large",
    }
    for path, code in wanted.items():
        with pytest.raises(InputError) as caught:
            read_transcript(path, MINUTE)
        assert caught.value.code == code


def test_the_content_counts_and_not_the_name(file: Callable[..., Path]) -> None:
    found = read_transcript(file("a.srt", json.dumps(WHISPER)), MINUTE)
    assert [one.text for one in found.utterances] == ["Hello there."]
    assert codes(found) == ["transcript_form"]


SPELLED = {
    "cp1252": "Größe und Maß – „schöne Grüße“ aus München.",
    "cp932": "吾輩は猫である。名前はまだ無い。",
    "euc_jp": "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
    "cp1251": "Это было лучшее из времён.",
    "cp1250": "Příliš žluťoučký kůň úpěl ďábelské ódy.",
    "cp1255": "שלום, מה שלומך? הכל בסדר.",
    "cp1256": "مرحبا، كيف حالك؟ أنا بخير.",
    "cp874": "สวัสดีครับ สบายดีไหม",
    "gb18030": "你好，你今天怎么样？我很好。",
    "cp949": "안녕하세요, 오늘 기분이 어떠세요?",
}


@pytest.mark.parametrize("encoding", SPELLED)
def test_encodings_of_before_are_found_and_said(file: Callable[..., Path], encoding: str) -> None:
    text = SPELLED[encoding]
    rows = [(f"00:00:0{at},000", f"00:00:0{at},900", text) for at in (1, 3)]
    found = read_transcript(file("a.srt", cues(*rows).encode(encoding)), MINUTE)
    assert [one.text for one in found.utterances] == [text, text]
    (notice,) = found.warnings
    assert notice.code == "transcript_encoding" and "assumed" in notice.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("text", ["Žluťoučký kůň.", "吾輩は猫である。", "مرحبا بالعالم."])
def test_unicode_is_read_with_and_without_its_mark(file: Callable[..., Path], encoding: str, text: str) -> None:
    content = cues(("00:00:01,000", "00:00:02,000", text)).encode(encoding)
    assert said(read_transcript(file("a.srt", content), MINUTE)) == [(1, 2, text)]


def test_a_few_broken_bytes_cost_their_characters_alone(file: Callable[..., Path]) -> None:
    text = cues(*((f"00:00:{at:02},000", f"00:00:{at:02},900", "Ça va très bien à Orléans.") for at in range(1, 50)))
    found = read_transcript(file("a.srt", text.encode().replace("Ç".encode(), b"\xc3", 1)), MINUTE)
    assert len(found.utterances) == 49
    assert found.utterances[1].text == "Ça va très bien à Orléans."
    assert codes(found) == ["transcript_characters"]


def test_lines_of_scripts_without_spaces_are_joined_without_one(file: Callable[..., Path]) -> None:
    text = cues(
        ("00:00:01,000", "00:00:02,000", "吾輩は\n猫である。名前は"), ("00:00:02,000", "00:00:03,000", "まだ無い。")
    )
    found = read_transcript(file("a.srt", text), MINUTE)
    assert [one.text for one in found.utterances] == ["吾輩は猫である。", "名前はまだ無い。"]


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("clip.srt", ""), ("clip.en.srt", "en"), ("clip.pt-BR.vtt", "pt"), ("clip.ger.sdh.srt", "de"),
        ("clip.v2.srt", ""), ("my.old.clip.srt", ""), ("clip.zh-Hans.json", "zh"),
    ],
)  # fmt: skip
def test_the_language_in_a_name_is_taken(name: str, language: str) -> None:
    assert language_tag(Path(name)) == language


def test_the_transcript_beside_the_footage_is_found_by_its_name(tmp_path: Path) -> None:
    media = tmp_path / "clip.mp4"
    media.touch()
    assert beside(media) is None
    for name in ("clip2.srt", "clip.old.srt", "other.srt", "clip.en.forced.srt", "clip.txt", "clip.jpg.srt"):
        (tmp_path / name).write_text(TWO)
    (tmp_path / "clip.json").write_text('{"media": {}, "moments": []}')
    assert beside(media) is None
    (tmp_path / "clip.json").write_text(json.dumps(WHISPER))
    assert beside(media) == tmp_path / "clip.json"
    for name in ("clip.de.srt", "clip.en.vtt", "clip.vtt", "clip.mp4.SRT"):
        (tmp_path / name).write_text(TWO)
    assert beside(media) == tmp_path / "clip.mp4.SRT"
    assert beside(media, "en") == tmp_path / "clip.en.vtt"
    assert beside(media, "de") == tmp_path / "clip.de.srt"
    (tmp_path / "clip.mp4.fr.srt").write_text(TWO)
    assert beside(media, "fr") == tmp_path / "clip.mp4.fr.srt"
