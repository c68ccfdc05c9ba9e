"""Every setting of Cuemark in one table, and where it keeps its files.

`CUEMARK_HOME` moves everything (library, cache, models, logs, the running daemon's files) into one folder; without
it the folders of the platform are used.  The environment is the only source; `TABLE` drives reading and help.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cuemark.core.errors import OptionError
from cuemark.core.limits import MemoryLimit


@dataclass(frozen=True)
class Setting:
    """One line of the table: the field of `Settings`, its environment variable, default and meaning."""

    name: str
    env: str
    default: str
    meaning: str


TABLE: tuple[Setting, ...] = (
    Setting("home", "CUEMARK_HOME", "", "One folder for everything Cuemark keeps; empty: the platform's folders."),
    Setting("worker_idle_s", "CUEMARK_WORKER_IDLE_S", "300", "Seconds without a job until models are unloaded."),
    Setting("worker_hang_s", "CUEMARK_WORKER_HANG_S", "900", "Seconds of silence until a worker counts as hung."),
    Setting("daemon_idle_s", "CUEMARK_DAEMON_IDLE_S", "14400", "Idle seconds until the daemon stops; 0: never."),
    Setting("page_idle_s", "CUEMARK_PAGE_IDLE_S", "120", "Seconds after its last tab has gone that the page ends."),
    Setting("start_timeout_s", "CUEMARK_START_TIMEOUT_S", "30", "Seconds to wait for a daemon being started."),
    Setting(
        "default_model",
        "CUEMARK_DEFAULT_MODEL",
        "auto",
        "Models used when none is named; auto: what was pulled and fits.",
    ),
    Setting(
        "pull", "CUEMARK_PULL", "", "1: pull the models that are offered, 0: do not; empty: ask once on a terminal."
    ),
    Setting("gentle", "CUEMARK_GENTLE", "0", "1: analyses make room for other programs unless told --no-gentle."),
    Setting("vram", "CUEMARK_VRAM", "", "Most GPU memory an analysis may fill unless told: 2G, 50%; empty: all."),
    Setting("vlm_host", "CUEMARK_VLM_HOST", "", "Other hosts that may be sent pictures for --vlm; empty: none."),
    Setting("watch_settle_s", "CUEMARK_WATCH_SETTLE_S", "5", "Seconds without a change until a new file is taken up."),
    Setting("watch_poll", "CUEMARK_WATCH_POLL", "0", "1: look into watched folders now and then, without events."),
    Setting("log_level", "CUEMARK_LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR."),
    Setting("debug", "CUEMARK_DEBUG", "0", "1 shows tracebacks instead of clean messages."),
)


@dataclass(frozen=True)
class Settings:
    """The settings in force.  Folders need not exist yet; who writes into one makes it."""

    data: Path
    cache: Path
    models: Path
    runtime: Path
    log: Path
    worker_idle_s: float = 300.0
    worker_hang_s: float = 900.0
    daemon_idle_s: float = 14400.0
    page_idle_s: float = 120.0
    start_timeout_s: float = 30.0
    default_model: str = "auto"
    pull: bool | None = None
    gentle: bool = False
    vram: MemoryLimit | None = None
    vlm_host: str = ""
    watch_settle_s: float = 5.0
    watch_poll: bool = False
    log_level: str = "INFO"
    debug: bool = False

    @property
    def library_file(self) -> Path:
        """The SQLite library; only the daemon writes it."""
        return self.data / "library.sqlite"

    @property
    def index(self) -> Path:
        """The footage in the library, apart from the cache: pruning leaves it alone (evidence.index)."""
        return self.data / "index"

    @property
    def search(self) -> Path:
        """What searching keeps of the index: packed vectors and words, made from it again where they are gone."""
        return self.data / "search"

    @property
    def endpoint_file(self) -> Path:
        """Where the running daemon says how to reach it (mode 0600)."""
        return self.runtime / "endpoint.json"

    @property
    def lock_file(self) -> Path:
        """Held by the one running daemon."""
        return self.runtime / "daemon.lock"

    @property
    def log_file(self) -> Path:
        """The daemon's rotated log (older ones beside it as .1 .. .4)."""
        return self.log / "daemon.log"

    @property
    def start_log_file(self) -> Path:
        """What the last daemon started on demand printed before its log was open."""
        return self.log / "daemon-start.log"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; raises OptionError `setting_invalid` naming the variable."""
    environ = os.environ if environ is None else environ
    values = {setting.name: environ.get(setting.env) or setting.default for setting in TABLE}
    home = values.pop("home")
    numbers = {name: _seconds(name, values.pop(name)) for name in list(values) if name.endswith("_s")}
    gentle, watch_poll, debug = (_is_yes(values.pop(name)) for name in ("gentle", "watch_poll", "debug"))
    answer = values.pop("pull")
    vram = _memory(values.pop("vram"))
    level = values.pop("log_level").upper()
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise _invalid("log_level", level, "one of DEBUG, INFO, WARNING, ERROR")
    fields: dict[str, Any] = {**_folders(home), **numbers, **values}
    return Settings(
        pull=_is_yes(answer) if answer else None,
        gentle=gentle,
        vram=vram,
        watch_poll=watch_poll,
        log_level=level,
        debug=debug,
        **fields,
    )


def _folders(home: str) -> dict[str, Path]:
    """Our folders.  The runtime folder lies in the data folder, not in XDG_RUNTIME_DIR: that one differs between a
    desktop session and ssh or cron, and two runtime folders would mean two daemons on one library."""
    if home:
        root = _known(home)
        return {name: root / name for name in ("data", "cache", "models", "runtime", "log")}
    import platformdirs

    try:
        data = _known(platformdirs.user_data_dir("cuemark", appauthor=False))
        cache = _known(platformdirs.user_cache_dir("cuemark", appauthor=False))
        log = _known(platformdirs.user_log_dir("cuemark", appauthor=False))
    except RuntimeError:
        raise _homeless() from None
    return {"data": data, "cache": cache, "models": data / "models", "runtime": data / "runtime", "log": log}


def home_folder(environ: Mapping[str, str] | None = None) -> Path:
    """The user's home, where other programs keep their files; the root of the disk where nobody knows it."""
    named = (os.environ if environ is None else environ).get("HOME")
    home = named or os.path.expanduser("~")
    return Path(os.sep if home.startswith("~") else home)


def _homeless() -> OptionError:
    message = "The home folder is not known: HOME is not set, and this account has none."
    return OptionError("home_unknown", message, "Set CUEMARK_HOME to a folder in which Cuemark may keep its files.")


def _known(folder: str) -> Path:
    """A folder as an absolute path: another process, which works elsewhere, must mean the same one by it.

    Raises FileNotFoundError where it counts from a working folder that was deleted.
    """
    path = os.path.expanduser(folder)
    if path.startswith("~"):
        raise _homeless()
    return Path(path).absolute()


def _is_yes(text: str) -> bool:
    return text.strip().lower() not in ("", "0", "false", "no")


def _seconds(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise _invalid(name, text, "a number of seconds, 0 or more")
    return value


def _memory(text: str) -> MemoryLimit | None:
    try:
        return MemoryLimit.parse(text) if text else None
    except OptionError:
        raise _invalid("vram", text, "an amount of GPU memory such as 2G or 50%") from None


def _invalid(name: str, value: str, expected: str) -> OptionError:
    env = next(setting.env for setting in TABLE if setting.name == name)
    return OptionError("setting_invalid", f"{env} is {value!r}, which is not {expected}.", f"Set or unset {env}.")
