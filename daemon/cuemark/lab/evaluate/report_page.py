"""The report as Markdown, for somebody who has not seen the code, and its tables.

Tables: rows by figures, rows against each other, one switch at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cuemark.lab.evaluate.calibration import mean_of
from cuemark.lab.evaluate.evaluation import Comparison, Evaluation, Figure, Row, base_of
from cuemark.lab.evaluate.measures import MEASURES, measure
from cuemark.lab.evaluate.plot_reliability import RELIABILITY
from cuemark.lab.evaluate.plots import CURVES, caption_picture, mask_picture


def markdown(evaluation: Evaluation) -> str:
    """The whole report; one line for each line of a table, so that two reports can be compared line by line."""
    parts = [
        _head(evaluation),
        main_table(evaluation.rows, evaluation.facts.default_preset),
        row_list(evaluation.rows),
        interval_table(evaluation.rows),
        section_table("Where: F1 at each overlap", evaluation.rows, WHERE),
        interval_section("Names: the subject of each event", evaluation.rows, NAMES),
        interval_section("Emptiness", evaluation.rows, EMPTINESS),
        confidence_section(evaluation.rows),
        section_table("Words: slots and faults", evaluation.rows, FAULTS),
        section_table("Chapters and titles", evaluation.rows, CHAPTERS, first_with_interval=True),
        comparison_table(evaluation.comparisons),
        ablation_table(evaluation),
        _pictures(evaluation),
        _notes(evaluation),
        _glossary(),
        _origin(evaluation),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(evaluation: Evaluation) -> str:
    videos, facts = evaluation.dataset.videos, evaluation.facts
    kinds = list(dict.fromkeys(video.kind for video in videos if video.kind))
    counted = ", ".join(f"{sum(video.kind == kind for video in videos)} {kind}" for kind in kinds)
    events = sum(len(video.events) for video in videos)
    models = ", ".join(f"{role} {model.get('name', '?')}" for role, model in facts.models.items())
    return (
        f"# Evaluation on {cell(evaluation.dataset.name)}\n\n"
        f"Videos: {len(videos)}{f' ({counted})' if len(kinds) > 1 else ''}, with {events} events; models:"
        f" {cell(models)}; seed {facts.seed}; default preset: {facts.default_preset}.\n\n"
        f"```\n{facts.command}\n```"
    )


def _pictures(evaluation: Evaluation) -> str:
    names = [video.name for video in evaluation.dataset.videos]
    lines = [
        f"- {cell(name)}: [masks](<{mask_picture(name)}>), [captions](<{caption_picture(name)}>)" for name in names
    ]
    return (
        f"## Pictures\n\n![F1 over tIoU]({CURVES})\n\n"
        "For each video the masks before and after they were optimised, and the captions beside the truth:\n\n"
        + "\n".join(lines)
    )


def _notes(evaluation: Evaluation) -> str:
    blind = ["`blind-rule` is the rule that is best on these very videos: no other row has that advantage."]
    lines = [
        "F1 is held against rows that never looked at the picture, because on some datasets those beat people.",
        *(blind if any(row.name == "blind-rule" for row in evaluation.rows) else []),
        "Intervals are percentiles of 2000 draws of the videos with replacement. They say nothing of other footage.",
        "A video without any moment counts as 0 everywhere. A figure that does not apply is a dash, not 0.",
        "CIDEr is computed within each video, as the toolkits of dense captioning do; it is not CIDEr of a corpus.",
        "Seconds are those of the search on this machine, with the features given; rows that build on another row's"
        " segments do not count that row's time.",
        *evaluation.notes,
    ]
    return "## How to read this, and its limits\n\n" + "\n".join(f"- {cell(line)}" for line in lines)


def _origin(evaluation: Evaluation) -> str:
    facts = evaluation.facts
    versions = ", ".join(f"{name} {version}" for name, version in facts.versions.items())
    machine = ", ".join(f"{name} {value}" for name, value in facts.machine.items())
    models = "\n".join(
        f"- {role}: {cell(model.get('name', '?'))}, content {model.get('id', '?')[:16]}"
        for role, model in facts.models.items()
    )
    return f"## Made with\n\n- {facts.made}\n- {cell(versions)}\n- {cell(machine)}\n{models}"


def _glossary() -> str:
    """What every figure is, in the order of report.json: some are explained by the one before them."""
    lines = [f"- **{cell(heading(each.key))}** (`{each.key}`): {cell(each.about)}" for each in MEASURES]
    return "## What the figures are\n\n" + "\n".join(lines)


#: Decimals of a figure; everything else is a share and has three.
_DECIMALS = {
    "cider": 2, "soda_cider": 2, "count_error": 2, "moments": 1, "repeated": 2, "unfinished": 2, "title_length": 0,
    "repeated_titles": 2, "seconds": 1, "caption_words": 1,
}  # fmt: skip
_WORDS = ("slots_all", "found_all", "soda_c", "soda_cider", "meteor", "cider")
FAULTS = ("slot_subject", "slot_place", "slot_attribute", "slot_relation", "repeated", "unfinished", "moments")
NAMES = (
    "subject_all", "subject_matched", "subject_dared", "subject_tags", "dares", "caption_words", "unsupported",
)  # fmt: skip
EMPTINESS = ("empty_kept", "events_lost")
WHERE = ("f1_30", "f1_50", "f1_70", "f1_90", "soda_d")
CHAPTERS = (
    "chapter_f1", "chapter_tiou", "boundary_f1_3s", "boundary_f1_5s", "near_f1_5s", "near_f1_15s", "pk",
    "window_diff", "chapter_count_error", "title_words", "title_slots", "title_length", "repeated_titles",
)  # fmt: skip
_TERMINAL = ("slots_all", "found_all", "subject_all", "caption_words", "count_error", "seconds")
_ABLATED = ("f1", "slots_all", "found_all", "count_error", "seconds")
_DASH = "–"


def number(key: str, value: float | None, *, signed: bool = False) -> str:
    """A figure as the tables print it; a dash for None."""
    if value is None:
        return _DASH
    text = f"{value:{'+' if signed else ''}.{_DECIMALS.get(key, 3)}f}"
    return text.replace("-", "−") if float(text) else text.replace("-", "").replace("+", "")


def with_interval(key: str, figure: Figure | None) -> str:
    """`0.987 [0.961, 1.000]`."""
    if figure is None or figure.value is None:
        return _DASH
    if figure.low is None or figure.high is None:
        return number(key, figure.value)
    return f"{number(key, figure.value)} [{number(key, figure.low)}, {number(key, figure.high)}]"


def grid(heads: Sequence[str], lines: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """A Markdown table; the first `left` columns hold words, the others numbers."""
    rule = ["---" if place < left else "---:" for place in range(len(heads))]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in (heads, rule, *lines))


def cell(text: str) -> str:
    """A text as one line of Markdown: what names hold must not end a cell or start a tag."""
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def main_table(rows: Sequence[Row], default: str) -> str:
    """The main table, with one line a row; the row of the default preset is bold."""
    words = _told(rows, _WORDS)
    if "soda_c" in words:
        words = [key for key in words if key != "soda_cider"]
    heads, lines = columns(rows, ("recall", "precision"), (*words, "count_error", "seconds"))
    names = [f"**{_named(row.name)}**" if row.name == default else _named(row.name) for row in rows]
    return grid(heads, [[name, *line[1:]] for name, line in zip(names, lines, strict=True)])


def summary(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """The columns of the main table that fit on a terminal: headings and lines."""
    return columns(rows, (), _told(rows, _TERMINAL))


def columns(rows: Sequence[Row], before: Sequence[str], after: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Headings and lines: name, F1 with its interval, figures, F1 of each kind, further figures."""
    kinds = list(dict.fromkeys(kind for row in rows for kind in row.kinds))
    heads = ["row", "F1 [95 %]", *map(heading, before), *(f"F1 {kind}" for kind in kinds), *map(heading, after)]
    lines = [
        [
            row.name,
            with_interval("f1", row.figures.get("f1")),
            *(_figure(row.figures, key) for key in before),
            *(_figure(row.kinds.get(kind, {}), "f1") for kind in kinds),
            *(_figure(row.figures, key) for key in after),
        ]
        for row in rows
    ]
    return heads, lines


def interval_table(rows: Sequence[Row]) -> str:
    """What the main table has no room for: the intervals of F1 by kind, of words and of the count."""
    kinds = list(dict.fromkeys(kind for row in rows for kind in row.kinds))
    keys = _told(rows, ("slots_all", "found_all", "count_error"))
    heads = ["row", *(f"F1 {kind}" for kind in kinds), *(heading(key) for key in keys)]
    lines = [
        [
            _named(row.name),
            *(with_interval("f1", row.kinds.get(kind, {}).get("f1")) for kind in kinds),
            *(with_interval(key, row.figures.get(key)) for key in keys),
        ]
        for row in rows
    ]
    return f"## With intervals of 95 %\n\n{grid(heads, lines)}"


def row_list(rows: Sequence[Row]) -> str:
    """The list that explains each row."""
    lines = [f"- {_named(row.name)}: {cell(row.system.about)}" for row in rows]
    return "## Rows\n\n" + "\n".join(lines)


def section_table(title: str, rows: Sequence[Row], keys: Sequence[str], *, first_with_interval: bool = False) -> str:
    """A table of the rows that have any of these figures; empty where none has."""
    told = _told(rows, keys)
    having = [row for row in rows if any(key in row.figures for key in told)]
    if not told:
        return ""
    lines = []
    for row in having:
        cells = [_figure(row.figures, key) for key in told]
        if first_with_interval:
            cells[0] = with_interval(told[0], row.figures.get(told[0]))
        lines.append([_named(row.name), *cells])
    heads = [heading(key) for key in told]
    if first_with_interval:
        heads[0] += " [95 %]"
    return f"## {title}\n\n{grid(['row', *heads], lines)}"


def interval_section(title: str, rows: Sequence[Row], keys: Sequence[str]) -> str:
    """The same with the interval of every figure."""
    told = _told(rows, keys)
    having = [row for row in rows if any(key in row.figures for key in told)]
    if not having:
        return ""
    lines = [[_named(row.name), *(with_interval(key, row.figures.get(key)) for key in told)] for row in having]
    return f"## {title}\n\n{grid(['row', *map(heading, told)], lines)}"


def confidence_section(rows: Sequence[Row]) -> str:
    """Confidences against what was right, with the picture; empty where no row states any."""
    lines = []
    for row in rows:
        if bins := row.reliability:
            confidence, right = mean_of(bins)
            error = with_interval("calibration", row.figures.get("calibration"))
            lines.append(
                [_named(row.name), str(sum(one.count for one in bins)), f"{confidence:.3f}", f"{right:.3f}", error]
            )
    if not lines:
        return ""
    about = (
        "What a row says of its own captions, beside how many name the subject of the event that they share the most"
        " time with. A caption where nothing happens is wrong."
    )
    table = grid(["row", "captions", "mean confidence", "right", "ECE [95 %]"], lines)
    return f"## Confidence\n\n{about}\n\n{table}\n\n![Reliability]({RELIABILITY})"


def comparison_table(compared: Sequence[Comparison]) -> str:
    """One line for each pair; the differences over all videos and over each kind beside each other."""
    if not compared:
        return ""
    pairs: dict[tuple[str, str, str], dict[str, Comparison]] = {}
    for one in compared:
        pairs.setdefault((one.ours, one.theirs, one.measure), {})[one.kind] = one
    kinds = list(dict.fromkeys(one.kind for one in compared if one.kind))
    heads = ["ours", "theirs", "figure", "ours", "theirs", "ours / theirs", "difference [95 %]", *kinds]
    lines = [
        [
            _named(ours),
            _named(theirs),
            heading(key),
            *_compared(key, found),
            *(_difference(found.get(k)) for k in kinds),
        ]
        for (ours, theirs, key), found in pairs.items()
    ]
    return (
        "## Rows against each other\n\n"
        "The difference is ours less theirs on the same videos, over all of them and over each kind. Where its interval"
        " leaves out 0, other videos of this sort would most likely show it, too.\n\n" + grid(heads, lines, left=3)
    )


def _compared(key: str, found: Mapping[str, Comparison]) -> list[str]:
    one = found.get("")
    if one is None:
        return [_DASH] * 4
    ratio = f"{one.ours_value / one.theirs_value:.3f}" if one.theirs_value else _DASH
    return [number(key, one.ours_value), number(key, one.theirs_value), ratio, _difference(one)]


def _difference(one: Comparison | None) -> str:
    if one is None:
        return _DASH
    value = number(one.measure, one.value, signed=True)
    if one.low is None or one.high is None:
        return value
    return f"{value} [{number(one.measure, one.low, signed=True)}, {number(one.measure, one.high, signed=True)}]"


def ablation_table(evaluation: Evaluation) -> str:
    """Under each base its switches, with the difference to the base in F1 and the plain other figures."""
    rows = evaluation.ablations
    if not rows:
        return ""
    keys = _told(rows, _ABLATED)
    against = {(one.ours, one.measure): one for one in evaluation.ablated}
    heads = ["row", "what is changed", *(heading(key) for key in keys), "Δ F1 [95 %]", "Δ seconds"]
    lines = []
    for row in rows:
        f1, seconds = against.get((row.name, "f1")), against.get((row.name, "seconds"))
        lines.append(
            [
                _named(row.name),
                row.system.about,
                *(_figure(row.figures, key) for key in keys),
                _difference(f1),
                number("seconds", seconds.value, signed=True) if seconds else _DASH,
            ]
        )
    return (
        "## One switch at a time\n\n"
        f"Δ is a row less its own base, e.g. {_named(base_of(rows[0].name))}, on the same videos; seconds are those of"
        " the search a video.\n\n" + grid(heads, lines, left=2)
    )


def heading(key: str) -> str:
    """The heading of a figure's column."""
    return "seconds" if key == "seconds" else measure(key).heading


def _told(rows: Sequence[Row], keys: Sequence[str]) -> list[str]:
    """The keys that any row has a figure for."""
    return [key for key in keys if any(key in row.figures for row in rows)]


def _figure(figures: Mapping[str, Figure], key: str) -> str:
    figure = figures.get(key)
    return number(key, figure.value if figure else None)


def _named(name: str) -> str:
    return f"`{name}`"
