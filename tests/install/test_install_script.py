"""The script in Resolve's menu: installed, kept, mended and removed, on the layouts of the three systems."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from cuemark.core.errors import CuemarkError
from cuemark.hosts.resolve.script_transport import mailbox_folder
from cuemark.hosts.resolve.scripts import source_file
from cuemark.setup.resolve import install as installation

if TYPE_CHECKING:
    from tests.install.conftest import Computer

OURS = source_file().read_bytes()


def test_a_fresh_home_is_left_as_it_was(any_computer: Computer) -> None:
    before = any_computer.tree()
    done = any_computer.setup().install()
    assert (done.done, done.path) == ("installed", any_computer.script)
    text = any_computer.script.read_bytes()
    assert text != OURS and os.fsencode(mailbox_folder(any_computer.settings).name) in text
    made = set(any_computer.tree()) - set(before)

    again = any_computer.setup().install()
    assert again.done == "kept" and not again.folders_made
    assert any_computer.setup().look().state == "current"

    removed = any_computer.setup().uninstall()
    assert any_computer.tree() == before
    # What it says it removed is what it had made, but for its own record.
    top = any_computer.home.parent
    said = {str(path.relative_to(top)) for path in (*removed.files, *removed.folders)}
    assert made - said == {str((any_computer.settings.data / installation.RECORD_NAME).relative_to(top))}
    assert not removed.kept and not any_computer.setup().uninstall().files


def test_what_others_put_beside_it_stays(any_computer: Computer) -> None:
    scripts = any_computer.script.parents[1]
    scripts.mkdir(parents=True)  # Resolve was there, Utility was not
    any_computer.setup().install()
    other = any_computer.script.with_name("Other.lua")
    other.write_text("-- somebody's")
    before_folders = scripts.exists()
    removed = any_computer.setup().uninstall()
    assert other.read_text() == "-- somebody's" and before_folders
    assert removed.files == (any_computer.script,) and any_computer.script.parent not in removed.folders


@pytest.mark.parametrize(
    "found",
    [b"", OURS, OURS.replace(b'VERSION = "0.1.0"', b'VERSION = "0.0.1"'), OURS[:700]],
    ids=["empty", "without a mailbox", "older", "torn"],
)
def test_a_copy_of_ours_that_is_not_right_is_mended(any_computer: Computer, found: bytes) -> None:
    any_computer.script.parent.mkdir(parents=True)
    any_computer.script.write_bytes(found)
    assert any_computer.setup().look().state == "old"
    assert any_computer.setup().install().done == "mended"
    assert any_computer.setup().look().state == "current"


def test_a_file_that_is_not_ours_is_refused_and_left(any_computer: Computer) -> None:
    any_computer.script.parent.mkdir(parents=True)
    any_computer.script.write_text("-- my own script")
    with pytest.raises(CuemarkError) as caught:
        any_computer.setup().install()
    assert caught.value.code == "file_exists" and "--force" in caught.value.next_step
    removed = any_computer.setup().uninstall()
    assert any_computer.script.read_text() == "-- my own script" and removed.kept and not removed.files
    assert any_computer.setup().install(force=True).done == "mended"


def test_an_installation_that_was_killed_leaves_nothing_unsaid(
    any_computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = any_computer.tree()
    write = installation.write_whole

    def killed(path: os.PathLike[str], content: bytes) -> None:
        if os.fspath(path).endswith(".lua"):
            any_computer.script.parent.mkdir(parents=True)
            installation.draft_of(any_computer.script).write_bytes(content[:100])
            raise KeyboardInterrupt
        write(any_computer.settings.data / installation.RECORD_NAME, content)

    monkeypatch.setattr(installation, "write_whole", killed)
    with pytest.raises(KeyboardInterrupt):
        any_computer.setup().install()
    monkeypatch.undo()
    any_computer.setup().uninstall()
    assert any_computer.tree() == before


def test_the_app_stores_resolve_is_refused_with_a_reason(new_computer: Callable[[str], Computer]) -> None:
    mac = new_computer("darwin")
    mac.add_resolve(app_store=True)
    before = mac.tree()
    with pytest.raises(CuemarkError) as caught:
        mac.setup().install()
    assert caught.value.code == "resolve_app_store" and "sandbox" in caught.value.message
    assert mac.tree() == before
    mac.add_resolve()  # the vendor's own beside it can run scripts
    assert mac.setup().install().done == "installed"


def test_what_the_app_stores_resolve_leaves_in_the_home_is_known(new_computer: Callable[[str], Computer]) -> None:
    mac = new_computer("darwin")
    (mac.home / "Library/Containers/com.blackmagic-design.DaVinciResolveLite").mkdir(parents=True)
    with pytest.raises(CuemarkError) as caught:
        mac.setup().install()
    assert caught.value.code == "resolve_app_store"


def test_all_users_get_the_script_without_anybodys_mailbox(any_computer: Computer) -> None:
    before = any_computer.tree()
    done = any_computer.setup().install(all_users=True)
    assert done.path.read_bytes() == OURS and any_computer.home not in done.path.parents
    assert any_computer.machine.root in done.path.parents
    # Both at once are listed twice in the menu, which is said.
    assert any_computer.setup().install().others == (done.path,)
    any_computer.setup().uninstall()
    assert any_computer.tree() == before


def test_somebody_elses_script_for_all_users_stays(any_computer: Computer) -> None:
    theirs = any_computer.setup().place(all_users=True)
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(OURS)
    any_computer.setup().install()
    assert [path for path, _ in any_computer.setup().uninstall().kept] == [theirs]
    assert theirs.exists()


def test_a_folder_that_cannot_be_made_is_named(any_computer: Computer) -> None:
    blocked = any_computer.script.parents[1]
    blocked.parent.mkdir(parents=True)
    blocked.write_text("a file in the way")
    with pytest.raises(CuemarkError) as caught:
        any_computer.setup().install()
    assert caught.value.code == "resolve_folder_not_writable" and str(blocked) in caught.value.message


def test_answers_left_in_resolves_preferences_are_told(any_computer: Computer) -> None:
    prefs = any_computer.script.parents[2] / "Profiles" / "Default" / "Fusion.prefs"
    prefs.parent.mkdir(parents=True)
    prefs.write_text('{ Global = { Cuemark = { Session = "ab" } } }')
    assert installation.profile_traces(any_computer.machine) == [prefs]
