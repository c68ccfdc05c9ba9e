"""From whatever is there to an environment that serves: continue it, change it, or make it anew."""

from __future__ import annotations

import errno
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from cuemark_setup import state as marker
from cuemark_setup.layout import Layout
from cuemark_setup.lock import only_one
from cuemark_setup.pip import Pip, clean_environ
from cuemark_setup.problems import GIB, SetupProblem, install_failed, interrupted, not_enough_disk, not_writable
from cuemark_setup.screen import Screen
from cuemark_setup.space import CPU_ONLY, CPU_ONLY_REST, UPDATE, WITH_CUDA_REST, Footprint, check_space
from cuemark_setup.state import State
from cuemark_setup.torch_wheels import choose_torch, nvidia_gpu, pinned
from cuemark_setup.venv import check_venv_modules, make_env, remove_env

#: In every environment, so that `cuemark eval` runs without a second set-up.
ALWAYS = ("eval",)
TEST_EXTRAS = ("test", "dev")
SMOKE = "import torch, cuemark; print(torch.__version__)"


class Stopped(Exception):
    """A polite request to end (Ctrl-C, SIGTERM); the argument is the exit code it asks for."""


class Setup:
    """One set-up of one checkout; `ensure` does nothing when there is nothing to do."""

    def __init__(self, layout: Layout, screen: Screen, extras: tuple[str, ...], torch_index: str | None) -> None:
        self._layout = layout
        self._screen = screen
        self._extras = extras
        self._torch_index = torch_index
        self._pip = Pip(layout, screen)
        self._state = State()

    def ensure(self, *, rebuild: bool = False) -> None:
        """Leave an environment that serves; raises SetupProblem."""
        try:
            if not rebuild and self._serves():
                return
            check_venv_modules()
            self._layout.folder.mkdir(exist_ok=True)
            with only_one(self._layout.lock, self._screen):
                # Another set-up may have done it while we waited.
                if rebuild or not self._serves():
                    self._install(rebuild)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise not_enough_disk(self._layout.root, CPU_ONLY.total, None) from error
            raise not_writable(self._layout.root, str(error)) from error
        except Stopped as stop:
            raise interrupted(self._state.step or "start", int(stop.args[0])) from None

    def _serves(self) -> bool:
        self._state = marker.read_state(self._layout.state)
        foundation, stamp = marker.foundation_of(self._layout), marker.stamp_of(self._layout)
        return self._layout.python.exists() and self._state.serves(foundation, stamp, self._extras, self._torch_index)

    def _install(self, rebuild: bool) -> None:
        started = time.monotonic()
        self._screen.line(f"Setting Cuemark up in {self._layout.env} (once; log: {self._layout.log})")
        reason = "it was asked for" if rebuild else self._reason_to_start_anew()
        if reason:
            self._start_anew(reason)
        if not self._layout.python.exists():
            with self._step("environment", "a private Python environment", CPU_ONLY):
                make_env(self._layout)
        with self._step("pip", "a pip that shows its progress"):
            self._renew_pip()
        if self._torch_version() != pinned(self._layout.constraints, "torch"):
            self._install_torch()
        with self._step("packages", "cuemark and the packages it needs", self._rest()):
            self._install_packages(self._rest().total)
        with self._step("check", "does it start?"):
            self._check()
        self._note(ready=True, step="")
        self._screen.line(f"Ready after {time.monotonic() - started:.0f} s.")

    def _reason_to_start_anew(self) -> str:
        """Why what is there cannot be built upon; empty when it can, or when nothing is there."""
        if not self._layout.env.exists():
            self._state = State()
            return ""
        if not self._state.clean:
            return f"an earlier set-up was cut off during `{self._state.step or 'start'}`"
        if self._state.foundation != marker.foundation_of(self._layout):
            return "it was made with another Python, or in another place"
        if self._state.wants_other_torch(self._torch_index):
            return "torch from another index is asked for"
        return "" if self._layout.python.exists() else "its Python is gone"

    def _start_anew(self, reason: str) -> None:
        self._screen.line(f"The environment is made anew: {reason}.")
        self._note(ready=False, clean=False, step="removal")
        remove_env(self._layout)
        self._state = State()

    def _renew_pip(self) -> None:
        version = pinned(self._layout.constraints, "pip")
        try:
            self._pip.install("pip", ["--timeout", "15", "--retries", "1", f"pip=={version}"], needed=0)
        except SetupProblem as problem:
            if problem.code != "no_matching_build":
                raise
            # An index without this pip is no reason to stop: the one that came with Python will do.
        self._pip.use_raw_progress()

    def _torch_version(self) -> str:
        return self._state.torch.split(" ")[0]

    def _install_torch(self) -> None:
        version = pinned(self._layout.constraints, "torch")
        choice = choose_torch(self._pip, self._layout.constraints, self._torch_index, nvidia_gpu())
        size = choice.footprint.downloads / GIB
        words = f"{version}, {choice.reason} (with what it needs up to {size:.1f} GiB to download)"
        with self._step("torch", words, choice.footprint):
            where = ["--index-url", choice.index] if choice.index else []
            # What torch needs comes with the next step, under the constraints: PyTorch's index mirrors old packages.
            arguments = [*where, "--no-deps", *choice.requirements]
            self._pip.install("torch", arguments, needed=choice.footprint.total)
        source = {"torch": f"{version} {choice.reason}", "torch_index": self._torch_index or ""}
        self._note(**source, cuda=choice.cuda, gpu=choice.gpu)

    def _rest(self) -> Footprint:
        if self._state.stamp:
            return UPDATE
        return WITH_CUDA_REST if self._state.cuda else CPU_ONLY_REST

    def _install_packages(self, needed: int) -> None:
        extras = tuple(sorted({*self._state.extras, *self._extras}))
        # A relative path, because pip reads brackets and `#` in an absolute one as its own signs.
        target = f".[{','.join(extras)}]" if extras else "."
        constrained = ["--constraint", str(self._layout.constraints)]
        self._pip.install("packages", [*constrained, "--editable", target], needed=needed)
        if self._state.gpu:
            self._use_gpu_runtime(constrained)
        self._note(extras=extras, stamp=marker.stamp_of(self._layout))

    def _use_gpu_runtime(self, constrained: list[str]) -> None:
        # Both packages own the folder `onnxruntime`: side by side, the one installed last wins, in parts.
        self._pip.uninstall("onnxruntime")
        self._pip.install("packages", [*constrained, "--no-deps", "onnxruntime-gpu"], needed=UPDATE.total)

    def _check(self) -> None:
        done = subprocess.run(
            [str(self._layout.python), "-c", SMOKE], cwd=self._layout.folder, env=clean_environ(os.environ),
            capture_output=True, text=True, encoding="utf-8", errors="replace", close_fds=False, check=False,
        )  # fmt: skip
        if done.returncode:
            raise install_failed("check", done.stderr.strip().splitlines()[-2:], self._layout.log)

    @contextmanager
    def _step(self, name: str, words: str, footprint: Footprint | None = None) -> Iterator[None]:
        """Announce a step and record it; one that ended badly can be built upon only if pip wrote nothing."""
        self._screen.line(f"  {name}: {words}")
        if footprint is not None:
            check_space(self._layout.folder, footprint)
        self._note(ready=False, clean=False, step=name, foundation=marker.foundation_of(self._layout))
        try:
            yield
        except SetupProblem as problem:
            # pip downloads everything before it writes anything.
            self._note(clean=problem.code in ("no_network", "no_matching_build"))
            raise
        self._note(clean=True)

    def _note(self, **fields: object) -> None:
        self._state = marker.change(self._layout.state, self._state, **fields)
