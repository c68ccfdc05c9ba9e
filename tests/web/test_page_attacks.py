"""Who must not get in: other names, other origins, no cookie, used links, paths, strangers' ids, floods, frames."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cuemark.web.guard import HEADER, HEADER_VALUE, MOST_BODY
from cuemark.web.running import read_page
from tests.web.conftest import Home
from tests.web.stocked import analysis_of, draw, info_of, stock

SENT = {HEADER: HEADER_VALUE}
READ = (
    "/",
    "/static/js/app.js",
    "/api/library",
    "/api/jobs",
    "/api/models",
    "/api/machine",
    "/api/formats",
    "/api/search?q=x",
    "/api/events",
    "/api/here",
    "/media/{media}",
    "/thumbnails/{media}/1/1.jpg",
    "/api/media/{media}/evidence",
    "/api/analyses/{analysis}",
    "/api/export/{analysis}/json",
)
WRITE = (
    "/api/analyses/{analysis}/edit",
    "/api/analyses/{analysis}/undo",
    "/api/jobs/analyse",
    "/api/jobs/pull",
    "/api/editors/send",
    "/api/proxies/{media}",
)


@pytest.fixture
def web(home: Home) -> Iterator[httpx.Client]:
    """A signed-in client, which is no browser and may send what it likes."""
    link = home.link()
    with httpx.Client(base_url=home.base, timeout=30, trust_env=False) as client:
        assert client.get(link).status_code == 200
        yield client


def filled(path: str, home: Home) -> str:
    return path.format(media=home.fingerprint, analysis=home.analyses[0])


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


def test_another_host_is_refused_before_anything_else(home: Home, web: httpx.Client) -> None:
    port = httpx.URL(home.base).port
    for host in (
        "evil.example",
        f"evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        f"localhost.evil.example:{port}",
        "",
    ):
        for path in ("/login?once=x", "/", "/api/library", "/media/x", "/control/link"):
            answer = web.get(path, headers={"Host": host})
            assert answer.status_code in (400, 421), (host, path)
            assert "set-cookie" not in answer.headers
    for host in (f"localhost:{port}", f"[::1]:{port}"):
        assert web.get("/api/library", headers={"Host": host, "Cookie": cookie_of(web)}).status_code == 200


def cookie_of(web: httpx.Client) -> str:
    return "; ".join(f"{name}={value}" for name, value in web.cookies.items())


@pytest.mark.parametrize("path", READ)
def test_nothing_is_shown_without_the_cookie(path: str, home: Home, web: httpx.Client) -> None:
    for cookies in ({}, {next(iter(web.cookies)): "x" * 43}, {"cuemark": next(iter(web.cookies.values()))}):
        with httpx.Client(base_url=home.base, cookies=cookies, trust_env=False) as stranger:
            answer = stranger.get(filled(path, home))
            assert answer.status_code == 401 and code(answer) == "web_signed_out"


@pytest.mark.parametrize("path", WRITE)
def test_nothing_is_changed_without_our_header_or_from_another_origin(path: str, home: Home, web: httpx.Client) -> None:
    for headers in ({}, {HEADER: "0"}, {**SENT, "Origin": "https://evil.example"}, {**SENT, "Origin": "null"}):
        answer = web.post(filled(path, home), json={}, headers=headers)
        assert answer.status_code == 403 and code(answer) in ("web_no_header", "web_wrong_origin")
    with home.client() as client:
        assert not any(moment.edited for moment in client.get_analysis(home.analyses[0]).moments)
        assert client.list_jobs() == []


def test_a_browsers_question_from_elsewhere_gets_no_leave(web: httpx.Client) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST", HEADER: HEADER_VALUE}
    answer = web.options("/api/jobs/pull", headers=asked)
    assert answer.status_code in (403, 405)
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_a_link_works_once(home: Home) -> None:
    link = home.link()
    assert httpx.get(link, trust_env=False).status_code == 200
    again = httpx.get(link, trust_env=False)
    assert again.status_code == 401 and code(again) == "web_link_used" and "set-cookie" not in again.headers


def test_links_are_given_only_for_the_secret_of_our_runtime_folder(home: Home, web: httpx.Client) -> None:
    page = read_page(home.settings)
    assert page is not None
    for secret in ("x", page.control[:-1], page.control + "x", "ü"):
        answer = web.post(
            "/control/link", headers=[(HEADER.encode(), b"1"), (b"authorization", f"Bearer {secret}".encode())]
        )
        assert answer.status_code == 401
    assert oct((home.settings.runtime / "page.json").stat().st_mode)[-3:] == "600"
    assert oct((home.settings.runtime / "page-session.json").stat().st_mode)[-3:] == "600"


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(home: Home) -> None:
    given = httpx.get(home.link(), trust_env=False).headers["set-cookie"]
    assert "HttpOnly" in given and "samesite=strict" in given.lower() and str(httpx.URL(home.base).port) in given


@pytest.mark.parametrize(
    "part", ["%2e%2e", "..%2f..%2f..%2fetc%2fpasswd", "%00", "~", "%2fetc%2fpasswd", "*", "a" * 5000, "%ff%fe"]
)
def test_no_parameter_is_a_path(part: str, home: Home, web: httpx.Client) -> None:
    (home.settings.data / "secret.txt").write_text("secret")
    for path in (
        f"/media/{part}", f"/proxies/{part}", f"/thumbnails/{part}/1.jpg", f"/thumbnails/{home.fingerprint}/{part}",
        f"/static/{part}", f"/static/js/{part}", f"/api/media/{part}", f"/api/media/{part}/evidence",
        f"/api/analyses/{part}", f"/api/export/{home.analyses[0]}/{part}", f"/api/export/{part}/json",
    ):  # fmt: skip
        answer = web.get(path)
        assert answer.status_code in (204, 400, 404, 405), path
        assert "secret" not in answer.text and "root:" not in answer.text
    for path in (f"/api/proxies/{part}", f"/api/jobs/{part}/cancel", f"/api/analyses/{part}/undo"):
        assert web.post(path, headers=SENT).status_code in (400, 404, 405), path


def test_an_id_of_another_library_is_nothing_here(web: httpx.Client, tmp_path: Path) -> None:
    from dataclasses import replace

    from cuemark.core import settings

    other = replace(settings.load(), data=tmp_path / "other")
    media = info_of(draw(tmp_path / "other.webm", 2))
    (foreign,) = stock(other, media, (analysis_of(media, 1),))
    assert web.get(f"/media/{media.fingerprint}").status_code == 404
    assert web.get(f"/api/analyses/{foreign}").status_code == 404
    assert web.post(f"/api/proxies/{media.fingerprint}", headers=SENT).status_code == 404


def test_an_oversize_body_is_refused_however_it_comes(home: Home, web: httpx.Client) -> None:
    path = f"/api/analyses/{home.analyses[0]}/edit"
    assert web.post(path, content=b"x" * (MOST_BODY + 1), headers=SENT).status_code == 413

    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield b"x" * 65536

    with contextlib.suppress(httpx.WriteError):  # where the connection is closed in the middle
        assert web.post(path, content=endless(), headers=SENT).status_code == 413
    for length in ("-1", "1e9", "9" * 40, "0x10"):
        with socket.create_connection(("127.0.0.1", httpx.URL(home.base).port or 0), timeout=10) as raw:
            raw.sendall(_request(home, f"POST {path} HTTP/1.1", f"Content-Length: {length}", cookie_of(web)))
            assert raw.recv(64).split()[1] in (b"400", b"413")


def _request(home: Home, line: str, header: str, cookie: str) -> bytes:
    host = home.base.removeprefix("http://")
    return f"{line}\r\nHost: {host}\r\nCookie: {cookie}\r\n{HEADER}: 1\r\n{header}\r\n\r\n".encode()


def test_json_that_is_none_of_ours_is_refused_in_words(home: Home, web: httpx.Client) -> None:
    path = f"/api/analyses/{home.analyses[0]}/edit"
    for body in (
        b"", b"{", b"[]", b"null", b'{"edit": 1}', b'{"edit": {"kind": "split", "id": "m1"}}', b"[" * 100_000,
        b'{"edit": {"kind": "moment", "id": "m1", "start": "1/0"}}', b'{"edit": {"kind": ["x"], "id": {}}}',
        b'{"edit": {"kind": "moment", "id": "m1", "start": "99999999999999999999999999999999999999999999999999"}}',
        b'{"edit": {"kind": "moment", "id": "m1", "text": "\\ud800"}}',
    ):  # fmt: skip
        answer = web.post(path, content=body, headers=SENT)
        assert answer.status_code in (200, 400), body[:40]
        if answer.status_code == 400:
            assert answer.json()["error"]["message"]


def test_ranges_are_served_and_abuse_of_them_costs_nothing(home: Home, web: httpx.Client, footage: Path) -> None:
    path, whole = f"/media/{home.fingerprint}", footage.read_bytes()
    part = web.get(path, headers={"Range": "bytes=10-19"})
    assert (
        part.status_code == 206
        and part.content == whole[10:20]
        and part.headers["content-range"].endswith(str(len(whole)))
    )
    tag = part.headers["etag"]
    assert web.get(path, headers={"Range": "bytes=10-19", "If-Range": tag}).status_code == 206
    assert web.get(path, headers={"Range": "bytes=10-19", "If-Range": '"another"'}).content == whole
    assert web.get(path, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    assert web.get(path, headers={"Range": "bytes=-5"}).content == whole[-5:]
    many = ",".join(f"{n}-{n}" for n in range(0, 4000, 2))
    answer = web.get(path, headers={"Range": f"bytes={many}"})
    assert answer.status_code in (200, 206, 400, 416) and len(answer.content) <= 3 * len(whole)
    overlapping = ",".join("0-" for _ in range(500))
    assert len(web.get(path, headers={"Range": f"bytes={overlapping}"}).content) <= 3 * len(whole)
    for odd in ("bytes=a-b", "bytes=5-2", "lines=1-2", "bytes=" + "9" * 50 + "-", "bytes=-"):
        assert web.get(path, headers={"Range": odd}).status_code in (200, 206, 400, 416), odd


def test_the_page_stands_in_no_frame_and_runs_only_its_own_scripts(web: httpx.Client) -> None:
    for path in ("/", "/static/js/app.js", "/api/library", "/nothing"):
        headers = web.get(path).headers
        policy = headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy and "default-src 'self'" in policy and "unsafe" not in policy
        assert headers["x-frame-options"] == "DENY" and headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"


def test_footage_is_never_given_out_as_a_page(home: Home, web: httpx.Client, tmp_path: Path, footage: Path) -> None:
    odd = tmp_path / "clip.html"
    odd.write_bytes(footage.read_bytes())
    with home.client() as client:
        client.remove_media(home.fingerprint)
    home.end()
    stock(home.settings, info_of(odd))
    home.link()
    answer = web.get(f"/media/{home.fingerprint}", headers={"Cookie": cookie_of(web)})
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.slow
def test_a_thousand_connections_that_say_nothing_and_slow_readers_keep_nobody_out(
    home: Home, web: httpx.Client
) -> None:
    port = httpx.URL(home.base).port or 0
    cookie = cookie_of(web)

    async def crowd() -> None:
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(900)]
        slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
        for _, writer in slow:  # asks for everything and reads nothing
            writer.write(_request(home, f"GET /media/{home.fingerprint} HTTP/1.1", "Accept: */*", cookie))
        begun = time.monotonic()
        async with httpx.AsyncClient(base_url=home.base, trust_env=False, timeout=20) as client:
            answer = await client.get("/api/library", headers={"Cookie": cookie})
        assert answer.status_code == 200 and time.monotonic() - begun < 20
        for _, writer in silent + slow:
            writer.close()

    asyncio.run(crowd())
    assert web.get("/api/library").status_code == 200


@pytest.mark.slow
def test_who_connects_and_says_nothing_is_dropped(home: Home, web: httpx.Client) -> None:
    port = httpx.URL(home.base).port or 0
    with socket.create_connection(("127.0.0.1", port), timeout=60) as raw:
        assert raw.recv(1) == b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: x")
        while data := raw.recv(1000):
            assert data.split()[1] in (b"400", b"408")
