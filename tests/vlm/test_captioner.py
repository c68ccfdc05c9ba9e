"""Captions of a vision-language model: shown frames, judged by our own CLIP, and ours where anything goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from http.server import BaseHTTPRequestHandler
from typing import Any

import numpy as np
import pytest

from cuemark.captions.vlm.captioner import Captioned, caption_with
from cuemark.captions.vlm.looking import frames_of, sheet_of, times_of
from cuemark.captions.vlm.options import VlmOptions
from cuemark.core.analysis import Moment
from cuemark.core.errors import JobCancelled
from cuemark.media.geometry import Picture
from tests.vlm.conftest import Film, Listening, Look, VlmServer, asked, is_probe, looker, say, sees_cards
from tests.vlm.test_server import model_on

Serve = Callable[[Look], VlmServer]
OPTIONS = VlmOptions(timeout=20.0, retries=1)


def captioned(film: Film, server: VlmServer, options: VlmOptions = OPTIONS, **changes: Any) -> Captioned:
    moments = changes.pop("moments", film.moments)
    progress = changes.pop("progress", None) or Listening()
    model = model_on(server.url, retries=options.retries)
    return caption_with(model, moments, film.evidence, film.text, options, progress)


def captions(found: Captioned) -> list[str]:
    return [moment.caption for moment in found.moments]


def right(film: Film) -> list[str]:
    return [event.captions[0][:1].upper() + event.captions[0][1:] for event in film.script.events]


def own(film: Film) -> list[str]:
    return [moment.caption for moment in film.moments]


def test_right_captions_titles_and_tags_are_placed(film: Film, serve: Serve) -> None:
    progress = Listening()
    server = serve(looker(film.describe))
    found = captioned(film, server, progress=progress)
    assert captions(found) == right(film)
    assert not found.notices
    assert found.use is not None and found.use.name == "looker" and "OpenAI" in found.use.reason
    for event, before, moment in zip(film.script.events, film.moments, found.moments, strict=True):
        assert (moment.id, moment.start, moment.end) == (before.id, before.start, before.end)
        assert 0.7 < moment.score <= 1
        assert before.caption in {one.caption for one in moment.runners_up}, "our own words are not forgotten"
        words = [tag.word for tag in moment.tags]
        assert words[0] in (event.slots.subject, f"{event.slots.attribute} {event.slots.subject}")
        assert "thing" in words and "submarine" not in words, "a tag that the frames do not bear out is dropped"
    assert [done for _, done, _ in progress.seen] == list(range(5))
    assert {(stage, total) for stage, _, total in progress.seen} == {("vision-language model", 4)}


def test_each_moment_is_shown_three_to_six_of_its_own_frames(film: Film, serve: Serve) -> None:
    server = serve(looker(film.describe))
    captioned(film, server)
    shown = [asked(path, body) for path, body in server.requests]
    counts = [len(pictures) for text, pictures in shown if not is_probe(text)]
    assert len(counts) == 4 and all(3 <= count <= 6 for count in counts)


def test_wrong_captions_are_refused_and_ours_stay(film: Film, serve: Serve) -> None:
    wrong = json.dumps({"caption": "A submarine dives under the ice", "title": "Submarine", "tags": ["ice"]})
    found = captioned(film, serve(looker(lambda _: wrong)))
    assert found.moments == film.moments
    assert found.use is None
    (notice,) = found.notices
    assert notice.code == "vlm_captions_kept"
    assert "4 of 4 moments keep Cuemark's own captions" in notice.message and "did not fit the frames" in notice.message


def test_the_frames_decide_between_several_answers(film: Film, serve: Serve) -> None:
    wrong = '{"caption": "A submarine dives under the ice", "title": "", "tags": []}'
    found = captioned(film, serve(looker(lambda pictures: f"{film.describe(pictures)} or {wrong}")))
    assert captions(found) == right(film)


def test_a_moment_without_a_caption_gets_one(film: Film, serve: Serve) -> None:
    unnamed = tuple(replace(moment, caption="", score=0.2) for moment in film.moments)
    assert captions(captioned(film, serve(looker(film.describe)), moments=unnamed)) == right(film)
    wrong = '{"caption": "A submarine dives under the ice", "title": "", "tags": []}'
    tagged = tuple(
        replace(moment, tags=(replace(moment.tags[0], word=str(event.slots.subject)),))
        for moment, event in zip(unnamed, film.script.events, strict=True)
    )
    assert captions(captioned(film, serve(looker(lambda _: wrong)), moments=tagged)) == [""] * 4


def test_a_model_that_takes_one_picture_is_shown_a_sheet(film: Film, serve: Serve) -> None:
    def one(text: str, pictures: list[Picture]) -> str:
        if is_probe(text):
            return looker(film.describe)(text, pictures[:1])
        assert len(pictures) == 1
        height, width, _ = pictures[0].shape
        return film.describe([pictures[0][: height // 2, : width // 2]])

    assert captions(captioned(film, serve(one))) == right(film)


def test_a_model_that_several_pictures_are_too_much_for_is_shown_a_sheet(film: Film, serve: Serve) -> None:
    server = serve(lambda *_: "")

    def overflow(_: VlmServer, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> bool:
        text, pictures = asked(handler.path, body)
        if is_probe(text):
            say(handler, 200, {"choices": [{"message": {"content": sees_cards(pictures)}}]})
        elif len(pictures) > 2:
            say(handler, 400, {"error": {"message": "the request exceeds the available context size"}})
        return is_probe(text) or len(pictures) > 2

    server.before = overflow
    server.look = lambda text, pictures: film.describe(
        [pictures[0][: pictures[0].shape[0] // 2, : pictures[0].shape[1] // 2]]
    )
    assert captions(captioned(film, server)) == right(film)


Before = Callable[[VlmServer, BaseHTTPRequestHandler, dict[str, Any]], bool]


def only_moments(what: Before) -> Before:
    """Lets the drawn pictures through, and does something else with all that follows."""
    return lambda server, handler, body: not is_probe(asked(handler.path, body)[0]) and what(server, handler, body)


def hang_up(server: VlmServer, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> bool:
    handler.close_connection = True
    return True


def break_off(server: VlmServer, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> bool:
    handler.send_response(200)
    handler.send_header("Content-Length", "500")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [{"message": {"content": "{')
    handler.close_connection = True
    return True


def refuse(server: VlmServer, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> bool:
    say(handler, 500, {"error": "out of memory"})
    return True


@pytest.mark.parametrize("always", [True, False])
@pytest.mark.parametrize(
    ("what", "code"),
    [
        (lambda server, handler, body: server.hang(handler), "vlm_timeout"),
        (hang_up, "vlm_unreachable"),
        (break_off, "vlm_unreachable"),
        (refuse, "vlm_refused"),
    ],
)
def test_whatever_a_server_does_our_own_captions_stay(
    film: Film, serve: Serve, what: Before, code: str, always: bool
) -> None:
    server = serve(looker(film.describe))
    server.before = what if always else only_moments(what)
    found = captioned(film, server, replace(OPTIONS, timeout=0.5))
    assert found.moments == film.moments and found.use is None
    (notice,) = found.notices
    assert notice.code == code
    assert server.url in notice.message
    assert notice.message.endswith("All 4 moments keep Cuemark's own captions.")


def test_a_model_that_ignores_pictures_is_refused(film: Film, serve: Serve) -> None:
    wise = json.dumps({"caption": own(film)[0], "title": "", "tags": []})
    found = captioned(film, serve(lambda *_: wise))
    assert found.moments == film.moments and found.use is None
    assert found.notices[0].code == "vlm_ignores_pictures" and "All 4 moments keep" in found.notices[0].message


@pytest.mark.parametrize("garbage", ["", "!!!!!!!!", "I am sorry, I cannot help with that.", '{"caption": "..."}'])
def test_garbage_is_refused(film: Film, serve: Serve, garbage: str) -> None:
    found = captioned(film, serve(looker(lambda _: garbage)))
    assert found.moments == film.moments
    assert "Cuemark's own captions" in found.notices[0].message


def test_what_was_placed_before_a_server_died_stays(film: Film, serve: Serve) -> None:
    server, seen = serve(looker(film.describe)), []

    def die_later(own: VlmServer, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> bool:
        seen.append(1)
        return len(seen) > 2 and hang_up(own, handler, body)

    server.before = only_moments(die_later)
    found = captioned(film, server)
    assert captions(found) == [*right(film)[:2], *own(film)[2:]]
    (notice,) = found.notices
    assert notice.code == "vlm_captions_kept" and "2 of 4 moments" in notice.message
    assert "2 did not come (vlm_unreachable)" in notice.message


def test_a_server_that_stopped_answering_is_not_waited_for_again_and_again(film: Film, serve: Serve) -> None:
    many = tuple(replace(film.moments[0], id=f"m{number}") for number in range(20))
    server = serve(looker(film.describe))
    server.before = only_moments(lambda own, handler, _: own.hang(handler))
    found = captioned(film, server, replace(OPTIONS, timeout=0.4), moments=many)
    assert found.moments == many
    assert len(server.requests) <= 1 + 2


def test_a_cancel_is_heeded(film: Film, serve: Serve) -> None:
    server = serve(looker(film.describe))
    server.before = only_moments(lambda own, handler, _: own.hang(handler))
    with pytest.raises(JobCancelled):
        captioned(film, server, progress=Listening(cancel_in=1.5))


def test_times_are_spread_over_the_middle() -> None:
    short, long = Moment("a", Fraction(10), Fraction(12), "", 0), Moment("b", Fraction(0), Fraction(60), "", 0)
    assert [len(times_of(one, (3, 6))) for one in (short, long)] == [3, 6]
    for one in (short, long):
        times = times_of(one, (3, 6))
        assert times == sorted(times)
        length = one.end - one.start
        assert one.start + length / 8 < times[0] and times[-1] < one.end - length / 8
    assert len(times_of(long, (2, 2))) == 2


def test_dark_frames_are_left_out(film: Film) -> None:
    class Fading:
        info = film.evidence.pictures.info if film.evidence.pictures else None

        def at(self, times: list[Fraction], size: tuple[int, int]) -> Any:
            assert film.evidence.pictures is not None
            stream = film.evidence.pictures.at(times, size)
            stream._pictures = (replace(frame, rgb=frame.rgb * (frame.index > 0)) for frame in stream._made())
            return stream

    pictures = frames_of(film.moments[0], Fading(), OPTIONS, lambda: None)  # type: ignore[arg-type]
    assert len(pictures) >= 2 and all(picture.mean() > 12 for picture in pictures)


def test_a_sheet_has_every_picture() -> None:
    pictures = [np.full((3, 4, 3), number + 1, np.uint8) for number in range(5)]
    sheet = sheet_of(pictures)
    assert sheet.shape == (6, 12, 3)
    assert sorted({int(value) for value in np.unique(sheet)}) == [0, 1, 2, 3, 4, 5]
