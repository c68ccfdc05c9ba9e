"""An evaluation of talks as it is read: tables for a terminal, titles beside those people gave, JSON, a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from html import escape
from typing import Any

from cuemark.core import timebase
from cuemark.lab.evaluate.evaluation import Figure
from cuemark.lab.evaluate.given_title_scores import ABOUT, HEADS
from cuemark.lab.evaluate.talk_evaluation import (
    CHAPTER_MEASURES,
    TITLE_MEASURES,
    JudgedRow,
    TalkEvaluation,
    TalkMeasure,
    ahead,
)

SCHEMA, VERSION = "cuemark-eval-talks", 1
Table = tuple[list[str], list[list[str]]]


def heading(evaluation: TalkEvaluation) -> str:
    """What was measured, in one line."""
    talks = evaluation.data.talks
    minutes = sum(talk.duration for talk in talks) / len(talks) / 60
    chapters = sum(len(talk.chapters) for talk in talks) / len(talks)
    count = f"{len(talks)} talk{'s' if len(talks) > 1 else ''}"
    return f"{evaluation.data.name}: {count}, {float(minutes):.1f} min and {chapters:.1f} chapters each on average"


def chapter_table(evaluation: TalkEvaluation) -> Table:
    """Rows of chapters: heads and lines; the near F1 that counts has its interval."""
    near = f"near_f1_{evaluation.near_s}s"
    return _table(evaluation.rows, CHAPTER_MEASURES, (near, "chapter_f1"))


def title_table(evaluation: TalkEvaluation) -> Table:
    """Rows of titles for the true chapters: heads and lines."""
    return _table(evaluation.title_rows, TITLE_MEASURES, ("title_words", "title_likeness"))


def given_table(evaluation: TalkEvaluation) -> Table:
    """Borders for given titles: heads and lines, which `given_title_scores.ABOUT` explains."""
    return list(HEADS), [one.cells() for one in evaluation.given]


def ahead_table(evaluation: TalkEvaluation) -> Table:
    """How far ours are ahead of the others on the same talks: heads and lines."""
    names = {one.key: one.heading for one in (*CHAPTER_MEASURES, *TITLE_MEASURES)}
    lines = []
    for one in ahead(evaluation):
        if (value := one.figure.value) is not None:
            ends = "-" if one.figure.low is None else f"{one.figure.low:+.1f} to {one.figure.high:+.1f}"
            lines.append([one.ours, one.theirs, names[one.measure], f"{value:+.1f}", ends])
    return ["ours", "theirs", "by", "ahead", "95 %"], lines


def _table(rows: Sequence[JudgedRow], measures: Sequence[TalkMeasure], with_interval: Sequence[str]) -> Table:
    shown = [measure for measure in measures if any(measure.key in row.figures for row in rows)]
    heads = ["row", *(f"{one.heading}{' (95 %)' if one.key in with_interval else ''}" for one in shown)]
    return heads, [
        [row.name, *(_text(row.figures.get(one.key), one, interval=one.key in with_interval) for one in shown)]
        for row in rows
    ]


def _text(figure: Figure | None, measure: TalkMeasure, *, interval: bool) -> str:
    if figure is None or figure.value is None:
        return "-"
    digits = 2 if not measure.percent and measure.lower else 1
    value = f"{figure.value:.{digits}f}"
    if not interval or figure.low is None or figure.high is None:
        return value
    return f"{value} ({figure.low:.{digits}f}-{figure.high:.{digits}f})"


def glossary(evaluation: TalkEvaluation) -> Iterator[tuple[str, str]]:
    """What each column and each row is."""
    for measure in (*CHAPTER_MEASURES, *TITLE_MEASURES):
        yield measure.heading, f"{measure.about}{'; 0 is best' if measure.lower else ''}"
    for row in (*evaluation.rows, *evaluation.title_rows):
        yield row.name, row.about


def title_lists(evaluation: TalkEvaluation) -> Iterator[tuple[str, Table]]:
    """For each talk: its id, and a table of its true chapters, the title people gave and that of each row of titles.

    Rows of chapters that have titles of their own follow as lists of their chapters.
    """
    for place, talk in enumerate(evaluation.data.talks):
        rows = [row for row in evaluation.title_rows if row.titles]
        lines = [
            [_clock(chapter.start), chapter.title or "-", *(row.titles[place][number] for row in rows)]
            for number, chapter in enumerate(talk.chapters)
        ]
        yield talk.id, (["at", "people", *(row.name for row in rows)], lines)
        for row in evaluation.rows:
            if row.chapters and any(chapter.title for chapter in row.chapters[place]):
                found = [[_clock(chapter.start), chapter.title] for chapter in row.chapters[place]]
                yield f"{talk.id}: chapters of {row.name}", (["at", "title"], found)


def _clock(seconds: Any) -> str:
    return timebase.clock(seconds, "hh:mm:ss")


# ---- programs


def report_object(evaluation: TalkEvaluation) -> dict[str, Any]:
    """Everything as JSON: figures in percent where the table has them so, what each row said of each talk."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "command": evaluation.command,
        "seed": evaluation.seed,
        "dataset": {"name": evaluation.data.name, "talks": len(evaluation.data.talks),
                    "left_out": list(evaluation.data.left_out)},
        "near_s": evaluation.near_s,
        "notes": list(evaluation.notes),
        "rows": [_row_object(row, evaluation) for row in evaluation.rows],
        "title_rows": [_row_object(row, evaluation) for row in evaluation.title_rows],
        "ahead": [{"ours": one.ours, "theirs": one.theirs, "measure": one.measure, **_figure_object(one.figure)}
                  for one in ahead(evaluation)],
        "given_titles": [asdict(one) for one in evaluation.given],
        "measures": [{"key": one.key, "about": one.about, "better": "lower" if one.lower else "higher"}
                     for one in (*CHAPTER_MEASURES, *TITLE_MEASURES)],
    }  # fmt: skip


def _row_object(row: JudgedRow, evaluation: TalkEvaluation) -> dict[str, Any]:
    measures = CHAPTER_MEASURES if row.chapters else TITLE_MEASURES
    talks = []
    for place, (talk, score) in enumerate(zip(evaluation.data.talks, row.scores, strict=True)):
        values = {one.key: one.of(score) for one in measures}
        entry: dict[str, Any] = {
            "id": talk.id,
            "figures": {
                one.key: value * (100 if one.percent else 1)
                for one in measures
                if (value := values[one.key]) is not None
            },
        }
        if row.chapters:
            entry["chapters"] = [
                {"start_s": float(chapter.start), **({"title": chapter.title} if chapter.title else {})}
                for chapter in row.chapters[place]
            ]
        else:
            entry["titles"] = list(row.titles[place])
        talks.append(entry)
    figures = {key: _figure_object(figure) for key, figure in row.figures.items()}
    return {"name": row.name, "about": row.about, "ours": row.ours, "seconds": round(row.seconds, 3),
            "figures": figures, "talks": talks}  # fmt: skip


def _figure_object(figure: Figure) -> dict[str, float | None]:
    if figure.low is None:
        return {"value": figure.value}
    return {"value": figure.value, "low": figure.low, "high": figure.high}


# ---- a page


_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1b1b1b;background:#fff}
table{border-collapse:collapse;margin:1rem 0;width:100%}
th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
tr.ours{font-weight:600}
dt{font-weight:600}
@media(prefers-color-scheme:dark){body{background:#161616;color:#e8e8e8}th,td{border-color:#3a3a3a}}
"""


def page(evaluation: TalkEvaluation) -> str:
    """The whole report as one HTML file that needs nothing else."""
    ours = {row.name for row in (*evaluation.rows, *evaluation.title_rows) if row.ours}
    parts = [
        f"<h1>{escape(heading(evaluation))}</h1>",
        f"<p>Means over talks with 95 % bootstrap intervals over talks. <code>{escape(evaluation.command)}</code></p>",
        *(f"<p>{escape(note)}</p>" for note in evaluation.notes),
        "<h2>Chapters</h2>", _grid(chapter_table(evaluation), ours),
        "<h2>Titles of the true chapters</h2>", _grid(title_table(evaluation), ours),
        "<h2>Ours beside the others on the same talks</h2>", _grid(ahead_table(evaluation), ours),
        *(["<h2>Borders for given titles</h2>", f"<p>{escape(ABOUT)}</p>", _grid(given_table(evaluation), ours)]
          if evaluation.given else []),
        "<h2>What the columns and rows are</h2><dl>",
        *(f"<dt>{escape(word)}</dt><dd>{escape(about)}</dd>" for word, about in glossary(evaluation)),
        "</dl><h2>All titles</h2>",
        *(f"<h3>{escape(name)}</h3>{_grid(table, frozenset(), numbers=False)}"
          for name, table in title_lists(evaluation)),
    ]  # fmt: skip
    title = escape(evaluation.data.name)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Talks: {title}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _grid(table: Table, ours: frozenset[str] | set[str], *, numbers: bool = True) -> str:
    heads, lines = table
    kind = ' class="number"' if numbers else ""
    head = "".join(f"<th{kind if place else ''}>{escape(name)}</th>" for place, name in enumerate(heads))
    body = "".join(
        _row_tag(line[0] in ours)
        + "".join(f"<td{kind if place else ''}>{escape(cell)}</td>" for place, cell in enumerate(line))
        + "</tr>"
        for line in lines
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row_tag(ours: bool) -> str:
    return '<tr class="ours">' if ours else "<tr>"
