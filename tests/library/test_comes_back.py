"""A damaged library comes back: it is backed up when a daemon starts, set aside when it is torn, and put back."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from cuemark.core.analysis import Analysis, Chapter, ModelUse, Moment, MomentEdit
from cuemark.core.errors import Notice, StoreError
from cuemark.core.media import MediaInfo
from cuemark.library.backups import DAYS_KEPT, NEWEST_KEPT, Backups
from cuemark.library.health import damage_of, examine
from cuemark.library.opening import open_library
from cuemark.library.store import Library
from cuemark.setup.library import Verified, chosen, restore, verify

OLD = Path(__file__).parent / "version_1"


def analysis(number: int) -> Analysis:
    media = MediaInfo(
        Path(f"/footage/{number}.mp4"), f"content {number}", 10**6, "mov", "h264", 2, 1920, 1080, 0, Fraction(1),
        Fraction(25), False, Fraction(100), None, Fraction(0), None,
    )  # fmt: skip
    moments = tuple(Moment("", Fraction(n), Fraction(n + 1), f"thing {number} {n}" * 9, 0.5) for n in range(30))
    models = {role: ModelUse("sample", role, "cpu") for role in ("clip", "lm")}
    return Analysis("", media, models, {"preset": "fast"}, moments, (Chapter(Fraction(0), Fraction(100), "All"),))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "library.sqlite"


def opened(file: Path) -> tuple[Library, tuple[Notice, ...]]:
    return open_library(file)


def started(file: Path, *numbers: int) -> tuple[Notice, ...]:
    """A daemon's life: the library is opened, analyses of these footages are added, it is closed."""
    library, notices = open_library(file)
    for number in numbers:
        found = library.analyses.add(analysis(number))
        library.analyses.edit(found.id, MomentEdit("m1", caption=f"edited {number}"))
    library.close()
    return notices


def footages(file: Path) -> list[str]:
    library = Library(file)
    listed = [library.analyses.get(each.id) for each in library.analyses.page(page_size=500)[0]]
    library.close()
    assert all(each.moments[0].caption == f"edited {each.media.path.stem}" for each in listed)
    return [each.media.path.stem for each in reversed(listed)]


def in_the_middle(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.seek(file.stat().st_size // 8192 * 4096)
        stream.write(os.urandom(3 * 4096))


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size * 2 // 3 // 4096 * 4096)


def cut_anywhere(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2 + 77)


def no_header(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.write(b"\0" * 100)


def another_file(file: Path) -> None:
    file.write_bytes(b"This is a letter to my aunt. " * 999)


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def without_tables(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.executescript("DROP TABLE analyses; DROP TABLE jobs; PRAGMA user_version = 4;")
    connection.close()


HARMS = [in_the_middle, cut, cut_anywhere, no_header, another_file, emptied, without_tables]


@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_library_is_set_aside_and_restored_and_it_is_said(file: Path, harm: Callable[[Path], None]) -> None:
    assert started(file, *range(20)) == ()
    assert started(file) == ()  # backs up what was added
    harm(file)
    torn = file.read_bytes()
    (notice,) = started(file)
    assert notice.code == "library_restored" and "backup of" in notice.message
    assert footages(file) == [str(n) for n in range(20)]
    (aside,) = file.parent.glob("library-damaged-*.sqlite")
    assert aside.read_bytes() == torn and str(aside) in notice.message
    assert started(file, 20) == ()
    assert examine(file).is_whole


def test_what_was_made_since_the_backup_is_saved_as_far_as_it_can_be_read(file: Path) -> None:
    started(file, *range(10))
    started(file, *range(10, 60))
    in_the_middle(file)
    (notice,) = started(file)
    found = footages(file)
    assert found[:10] == [str(n) for n in range(10)]
    assert len(found) > 15 and f"{len(found) - 10} analyses" in notice.message


def test_without_a_backup_a_new_library_begins_with_what_can_be_read(file: Path) -> None:
    started(file, *range(40))
    shutil.rmtree(file.parent / "backups", ignore_errors=True)
    in_the_middle(file)
    (notice,) = started(file)
    assert notice.code == "library_damaged" and "no backup" in notice.message
    assert 5 < len(footages(file)) < 40
    assert list(file.parent.glob("library-damaged-*.sqlite"))


def test_a_damaged_backup_is_passed_over(file: Path) -> None:
    started(file, 1)
    started(file, 2)
    time.sleep(1.1)
    started(file)
    newest, before = Backups(file).all()[:2]
    another_file(newest.path)
    another_file(file)
    started(file)
    assert footages(file) == ["1"] and before.path.exists()


def test_a_library_that_has_not_changed_is_not_copied_again(file: Path) -> None:
    started(file, 1)
    started(file)
    made = Backups(file).all()
    for _ in range(3):
        time.sleep(0.4)
        started(file)
    assert Backups(file).all() == made and len(made) == 1
    assert {path.name for path in (file.parent / "backups").iterdir()} == {made[0].name}
    assert damage_of(made[0].path, thorough=True) == ()


def test_a_killed_daemon_leaves_a_library_that_is_backed_up_whole(file: Path) -> None:
    library, _ = opened(file)
    library.analyses.add(analysis(1))
    copy = file.parent / "killed"
    copy.mkdir()
    for part in file.parent.glob("library.sqlite*"):
        shutil.copy(part, copy)  # as a kill leaves it: the newest rows are in the log only
    library.close()
    assert (copy / "library.sqlite-wal").stat().st_size
    started(copy / "library.sqlite")
    (backup,) = Backups(copy / "library.sqlite").all()
    assert examine(backup.path).counts["analyses"] == 1


def test_a_few_are_kept_and_of_the_days_before_one_each(file: Path) -> None:
    started(file, 1)
    folder = file.parent / "backups"
    folder.mkdir()
    for day in range(1, 20):
        for hour in (3, 4, 5):
            shutil.copy(file, folder / f"library-2026-01-{day:02}T{hour:02}-00-00Z.sqlite")
    (folder / "mine.txt").write_text("kept")
    started(file, 2)
    started(file)
    names = [each.name.removeprefix("library-")[:13] for each in Backups(file).all()]
    assert len(names) <= NEWEST_KEPT + DAYS_KEPT and names[1:3] == ["2026-01-19T05", "2026-01-19T04"]
    assert names[3:] == ["2026-01-18T05", "2026-01-17T05", "2026-01-16T05"]
    assert (folder / "mine.txt").exists()


def test_an_old_library_is_backed_up_before_it_is_brought_up_to_date(file: Path) -> None:
    shutil.copytree(OLD, file.parent)
    library, notices = opened(file)
    library.close()
    assert notices == ()
    (backup,) = Backups(file).all()
    with sqlite3.connect(backup.path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()


def test_a_disk_without_room_keeps_no_daemon_from_starting(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started(file, 1)
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 10))
    assert started(file, 2) == ()
    assert Backups(file).all() == []


def test_a_library_of_a_newer_version_is_neither_touched_nor_backed_up(file: Path) -> None:
    started(file, 1)
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = file.read_bytes()
    with pytest.raises(StoreError) as refused:
        opened(file)
    assert refused.value.code == "library_too_new" and "99" in refused.value.message
    assert file.read_bytes() == before and not list(file.parent.glob("library-*.sqlite"))
    with pytest.raises(StoreError) as refused:
        examine(file)
    assert refused.value.code == "library_too_new"


def test_a_library_that_was_moved_away_can_be_had_back(file: Path) -> None:
    started(file, 1)
    started(file)
    file.unlink()
    (notice,) = started(file)
    assert notice.code == "library_missing" and "cuemark library restore" in notice.message
    assert footages(file) == []


def test_text_that_is_no_utf8_spoils_no_other_row(file: Path) -> None:
    started(file, 1, 2)
    connection = sqlite3.connect(file)
    connection.execute("UPDATE analyses SET body = CAST(x'7b22ff' AS TEXT) WHERE number = 1")
    connection.commit()
    connection.close()
    library, _ = opened(file)
    assert [each.damaged for each in library.analyses.page()[0]] == [False, True]
    library.close()


class TestByHand:
    """`cuemark library verify` and `restore`, which need no daemon."""

    @pytest.fixture
    def verified(self, cuemark_home: Path) -> Callable[[], Verified]:
        from cuemark.core import settings

        return lambda: verify(settings.load())

    def test_verify_says_what_is_there_and_what_cannot_be_read(self, verified: Callable[[], Verified]) -> None:
        assert verified().health is None
        file = verified().path
        started(file, 1, 2, 3)
        started(file)
        found = verified()
        assert found.health is not None and found.health.is_whole and len(found.backups) == 1
        assert found.health.counts == {"analyses": 3, "edits": 3, "jobs": 0, "media": 3}
        assert sorted(path.name for path in file.parent.iterdir()) == ["backups", "library.sqlite"]
        connection = sqlite3.connect(file)
        (harmed,) = connection.execute("SELECT id FROM analyses WHERE number = 2").fetchone()
        connection.execute("UPDATE analyses SET body = '{}' WHERE number = 2")
        connection.execute("UPDATE edits SET change = '' WHERE number = 3")
        connection.commit()
        connection.close()
        health = verified().health
        assert health is not None and not health.damage
        assert health.rows == (f"analysis {harmed} cannot be read", "edit 3 cannot be read")
        in_the_middle(file)
        health = verified().health
        assert health is not None and health.damage

    def test_restore_goes_back_and_keeps_what_is_there(self, verified: Callable[[], Verified]) -> None:
        from cuemark.core import settings

        configured = settings.load()
        started(configured.library_file, 1)
        started(configured.library_file, 2)
        backup = chosen(configured, None)
        done = restore(configured, backup)
        assert footages(configured.library_file) == ["1"]
        assert done.set_aside is not None and footages(done.set_aside) == ["1", "2"]
        again = restore(configured, chosen(configured, str(done.set_aside)))
        assert footages(configured.library_file) == ["1", "2"] and again.set_aside != done.set_aside

    def test_a_backup_is_found_by_its_name_and_by_the_beginning_of_its_date(self, cuemark_home: Path) -> None:
        from cuemark.core import settings
        from cuemark.core.errors import NotFoundError

        configured = settings.load()
        with pytest.raises(StoreError) as refused:
            chosen(configured, None)
        assert refused.value.code == "no_backup"
        started(configured.library_file, 1)
        started(configured.library_file)
        backup = chosen(configured, None)
        for named in (backup.name, backup.name.removeprefix("library-")[:10], str(backup.path)):
            assert chosen(configured, named).path == backup.path
        with pytest.raises(NotFoundError):
            chosen(configured, "1999")
        another_file(backup.path)
        with pytest.raises(StoreError) as refused:
            chosen(configured, backup.name)
        assert refused.value.code == "backup_damaged"


def test_the_commands_say_it_and_work_where_no_daemon_can_start(cuemark_home: Path, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from cuemark.cli.main import app

    file = cuemark_home / "data" / "library.sqlite"
    runner = CliRunner()
    assert "no library yet" in runner.invoke(app, ["library", "verify"]).stdout
    started(file, 1, 2)
    started(file)
    told = json.loads(runner.invoke(app, ["library", "verify", "--json"]).stdout)
    assert told["whole"] and told["counts"]["analyses"] == 2 and len(told["backups"]) == 1
    in_the_middle(file)
    damaged = runner.invoke(app, ["library", "verify"])
    assert damaged.exit_code == 1 and "is damaged" in damaged.output and "cuemark library restore" in damaged.output
    asked = runner.invoke(app, ["library", "restore"])
    assert asked.exit_code == 2 and "--yes" in asked.output
    done = runner.invoke(app, ["library", "restore", "--yes"])
    assert done.exit_code == 0 and "is kept as" in done.output
    assert footages(file) == ["1", "2"]
    assert runner.invoke(app, ["library", "verify"]).exit_code == 0
