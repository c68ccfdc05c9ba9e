"""The tools as data: name, what an agent reads of each, and the JSON Schema that its arguments are held to.

Every text has a longest length, every number a range, and nothing else may be given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cuemark.agents.folders import LONGEST_PATH
from cuemark.core.analysis_options import MOST_MOMENTS, PRESETS
from cuemark.core.export_formats import EXPORT_FORMATS
from cuemark.core.label_set import LONGEST_TEXT, MOST_LABELS

LONGEST_WAIT_S = 300
USUAL_WAIT_S = 30
MOST_LISTED = 200
_LONGEST_QUERY = 1000
_LONGEST_ID = 64


@dataclass(frozen=True)
class ToolSchema:
    """One tool; `writes` says whether it changes anything."""

    name: str
    about: str
    properties: dict[str, Any]
    required: tuple[str, ...] = ()
    writes: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of its arguments."""
        return {
            "type": "object",
            "properties": self.properties,
            "required": list(self.required),
            "additionalProperties": False,
        }


def _text(about: str, longest: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest, "description": about}


def _whole(about: str, low: int, high: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high, "description": about}


def _flag(about: str) -> dict[str, Any]:
    return {"type": "boolean", "description": about}


_PATH = _text("A file in an allowed folder, as a whole path.", LONGEST_PATH)
_ANALYSIS = _text("Id of an analysis, as `list` and `analyze` tell it.", _LONGEST_ID)
_JOB = _text("Id of a job, as `analyze` tells it.", _LONGEST_ID)
_WAIT = _whole("Seconds to wait for the end; the work goes on after that.", 0, LONGEST_WAIT_S)

TOOLS = (
    ToolSchema(
        "search",
        "Find segments of indexed footage by words: what is seen, said, or written in it. Gives path, start_s, end_s, "
        "score (0 to 1) and why. Only footage that was analysed or indexed is found.",
        {
            "query": _text("What to find, in plain words.", _LONGEST_QUERY),
            "in": {"type": "array", "maxItems": 50, "items": _PATH, "description": "Only these files or folders."},
            "grounds": {
                "type": "array",
                "minItems": 1,
                "uniqueItems": True,
                "items": {"enum": ["seen", "said", "read"]},
                "description": "By what: pictures, speech, text in the pictures. All by default.",
            },
            "top": _whole("Most segments.", 1, 100),
        },
        ("query",),
    ),
    ToolSchema(
        "analyze",
        "Watch one file: moments with captions and chapters; or only where `labels` are to be seen. Long work: it "
        "gives the analysis if that is there within wait_s, else the id of a job to ask `job` about.",
        {
            "path": _PATH,
            "labels": {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_LABELS,
                "items": _text("A label such as: car crash.", LONGEST_TEXT),
                "description": "Mark where these are to be seen, instead of everything that happens.",
            },
            "moments": _whole("So many moments; the footage decides by default.", 1, MOST_MOMENTS),
            "preset": {"enum": list(PRESETS), "description": "How thorough."},
            "wait_s": _WAIT,
        },
        ("path",),
        writes=True,
    ),
    ToolSchema(
        "job",
        "How far a job is; with its analysis when it has ended. `cancel` ends it: what was computed is kept.",
        {"job": _JOB, "wait_s": _WAIT, "cancel": _flag("Cancel it.")},
        ("job",),
        writes=True,
    ),
    ToolSchema(
        "list",
        "What is known in the allowed folders: analyses, indexed media, or jobs, newest first.",
        {
            "what": {"enum": ["analyses", "media", "jobs"]},
            "path": _text("Only of this file or folder.", LONGEST_PATH),
            "limit": _whole("Most entries.", 1, MOST_LISTED),
        },
        ("what",),
    ),
    ToolSchema(
        "markers",
        "The moments and chapters of an analysis: times in seconds, frames and timecodes, captions and confidence.",
        {"analysis": _ANALYSIS},
        ("analysis",),
    ),
    ToolSchema(
        "export",
        "An analysis as a file for an editor or player. Gives its text, or writes it to `output`, where nothing may be "
        "unless `overwrite` says so.",
        {
            "analysis": _ANALYSIS,
            "format": {"enum": list(EXPORT_FORMATS)},
            "output": _text("File to write, in an allowed folder.", LONGEST_PATH),
            "overwrite": _flag("Replace a file that is there."),
            "fps": _text("Frames a second of the timeline, as in 25 or 30000/1001.", 20),
        },
        ("analysis", "format"),
        writes=True,
    ),
)
