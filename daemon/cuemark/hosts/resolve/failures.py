"""What can go wrong between the daemon and Resolve: every reason code with its words, in one table."""

from __future__ import annotations

from typing import Any

from cuemark.core.errors import HostError

_CLICK = "In Resolve, choose Workspace > Scripts > Cuemark (nothing will show; `cuemark resolve status` proves it)."
_INSTALL = "Run `cuemark resolve install`, then click Cuemark in Workspace > Scripts again."

FAILURES: dict[str, tuple[str, str]] = {
    "resolve_not_running": ("DaVinci Resolve is not running.", f"Start it and open a project. {_CLICK}"),
    "resolve_prefs_missing": (
        "No Fusion.prefs of DaVinci Resolve was found, so its script cannot answer.",
        "Start Resolve once; if it runs, `cuemark doctor` tells where Cuemark looks.",
    ),
    "resolve_no_script": (
        "The Cuemark script does not run in Resolve, or Resolve is busy.",
        f"{_CLICK}  If it was clicked already, close any dialog that is open in Resolve.",
    ),
    "resolve_two_running": (
        "The Cuemark script runs in two Resolves at once, and it is not clear which one is meant.",
        "Quit one of them.",
    ),
    "resolve_script_version": ("The script running in Resolve belongs to another version of Cuemark.", _INSTALL),
    "resolve_gone": ("Resolve was closed while Cuemark was talking to it.", f"Start it again. {_CLICK}"),
    "resolve_no_answer": (
        "Resolve did not answer in time.",
        f"Close any dialog that is open in it and wait for renders to end. If that does not help: {_CLICK}",
    ),
    "resolve_lost": ("The script still runs, but Resolve no longer answers it.", f"Restart Resolve. {_CLICK}"),
    "resolve_busy": ("Another Cuemark process is talking to Resolve.", "Wait until it is done."),
    "resolve_bad_answer": ("Resolve's answer cannot be read.", _INSTALL),
    "resolve_answer_lost": ("The timeline was read by somebody else at the same time.", "Try again."),
    "resolve_verb_unknown": ("The script in Resolve is too old for this.", _INSTALL),
    "resolve_failed": ("The script in Resolve failed.", "Please report it with what `cuemark doctor` prints."),
    "resolve_studio_missing": (
        "The Python module of DaVinci Resolve Studio was not found.",
        f"Use the script instead. {_CLICK}",
    ),
    "resolve_studio_import": (
        "The Python module of DaVinci Resolve Studio crashed, which it does under Pythons it does not know.",
        f"Use the script instead. {_CLICK}",
    ),
    "resolve_studio_refused": (
        "Resolve does not let other programs in: that is Studio's alone, and off unless set.",
        f"In Studio, set Preferences > System > General > External scripting using to Local; in Free: {_CLICK}",
    ),
    "resolve_no_project": ("No project is open in Resolve.", "Open one."),
    "resolve_no_timeline": ("No timeline is open in Resolve.", "Open one."),
    "resolve_timeline_unknown": ("The project has no timeline of that name.", "Write it as the Media Pool shows it."),
    "resolve_timeline_gone": (
        "The timeline is no longer there: another project was opened, or it was deleted.",
        "Open it and try again.",
    ),
    "resolve_timeline_not_open": ("The timeline is not the one that is open.", "Open it in Resolve."),
    "resolve_timeline_rate": ("Resolve did not tell the timeline's frame rate.", "Check Timeline > Timeline Settings."),
    "resolve_goto_refused": (
        "Resolve did not move its playhead.",
        "Open the Edit page: on Media and Fusion there is no timeline playhead.",
    ),
    "resolve_marker_range": ("A marker lies outside of the timeline.", "Please report it."),
    "resolve_markers_refused": (
        "Resolve refused every marker, which is what it does on a locked timeline.",
        "Unlock the timeline in the Media Pool.",
    ),
}


def failure(code: str, detail: str = "", next_step: str = "") -> HostError:
    """The error for a reason code; `detail` is a sentence more."""
    message, usual_step = FAILURES[code]
    return HostError(code, f"{message} {detail}".strip(), next_step or usual_step)


def refusal(answer: dict[str, Any]) -> HostError:
    """The error behind a script's answer that is not ok."""
    code = answer.get("code")
    code = code if code in FAILURES else "resolve_failed"
    details = answer.get("details") or {}
    if code == "resolve_timeline_unknown" and details.get("names"):
        return failure(code, f"It has: {', '.join(map(str, details['names']))}.")
    return failure(code, str(details.get("text", "")))
