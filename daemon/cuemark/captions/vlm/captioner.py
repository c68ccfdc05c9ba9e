"""Captions of a vision-language model for moments that have ours: it is shown their frames, and our CLIP judges.

Whatever goes wrong with it leaves our own captions where they are; what happened, and to how many moments, is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cuemark.captions.scorer import TextTower
from cuemark.captions.vlm.answer import SCHEMA, Answer, question_about, read
from cuemark.captions.vlm.check import FrameJudge, Judged
from cuemark.captions.vlm.looking import frames_of, sheet_of
from cuemark.captions.vlm.model import Question, VisionLanguageModel, VlmFailure
from cuemark.captions.vlm.options import VlmOptions
from cuemark.captions.vlm.probe import see_pictures
from cuemark.core.analysis import ModelUse, Moment, Notice, RunnerUp, Tag
from cuemark.core.errors import CuemarkError
from cuemark.core.progress import Progress
from cuemark.evidence.bundle import EvidenceBundle
from cuemark.media.frames import FrameSource
from cuemark.media.geometry import Picture

_STAGE = "vision-language model"
#: After so many moments without an answer, one behind the other, it is not asked about the others.
_PATIENCE = 2
_MOST_TAGS = 10
_RUNNERS_UP = 5
#: A model that is asked for the first time may have to be loaded first.
_FIRST_TIMES = 2
_PLACED, _UNFIT, _UNREADABLE = "placed", "did not fit the frames", "could not be read"


@dataclass(frozen=True)
class Captioned:
    """Moments with the model's words where they passed, what is to be told, and the model where any did."""

    moments: tuple[Moment, ...]
    notices: tuple[Notice, ...]
    use: ModelUse | None = None


@dataclass(frozen=True)
class VlmCaptioner:
    """Asks one model about moments of one media."""

    model: VisionLanguageModel
    judge: FrameJudge
    source: FrameSource
    options: VlmOptions
    progress: Progress

    def caption(self, moments: Sequence[Moment]) -> Captioned:
        """The moments, in their order.

        VlmFailure where nothing of the model can be used; MediaError where the footage went away.
        """
        options, check = self.options, self.progress.check
        self._tell(0, len(moments))
        several = see_pictures(self.model, options.timeout * _FIRST_TIMES, options.tokens, check) > 1
        made, outcomes, silent = list(moments), Counter[str](), 0
        failure: VlmFailure | None = None
        for number, moment in enumerate(moments):
            try:
                made[number], outcome = self._captioned(moment, several)
                silent = 0
            except VlmFailure as error:
                failure, outcome, silent = error, f"did not come ({error.code})", silent + 1
            outcomes[outcome] += 1
            self._tell(number + 1, len(moments))
            if silent == _PATIENCE:
                break
        if failure is not None and silent == sum(outcomes.values()):
            raise failure
        return Captioned(
            tuple(made),
            tuple(self._notices(outcomes, len(moments), failure)),
            self.model.use() if outcomes[_PLACED] else None,
        )

    def _captioned(self, moment: Moment, several: bool) -> tuple[Moment, str]:
        """The moment with the model's words or as it was, and what became of them."""
        pictures = frames_of(moment, self.source, self.options, self.progress.check)
        try:
            answers = self._asked(pictures, sheet=not several)
        except VlmFailure as failure:
            if failure.code != "vlm_refused" or not several:
                raise
            answers = self._asked(pictures, sheet=True)  # several may have been too many tokens
        if not answers:
            return moment, _UNREADABLE
        judged = self.judge.best(moment, answers)
        return (_told(moment, judged), _PLACED) if judged.believed else (moment, _UNFIT)

    def _asked(self, pictures: Sequence[Picture], sheet: bool) -> tuple[Answer, ...]:
        shown = [sheet_of(pictures)] if sheet else pictures
        text = question_about(len(pictures), sheet)
        asked = Question(text, shown, SCHEMA, self.options.tokens, self.options.timeout)
        return read(self.model.answer(asked, self.progress.check))

    def _notices(self, outcomes: Counter[str], count: int, failure: VlmFailure | None) -> list[Notice]:
        kept = count - outcomes[_PLACED]
        if not kept:
            return []
        reasons = {reason: number for reason, number in outcomes.items() if reason != _PLACED}
        told = [f"{number} {reason}" for reason, number in reasons.items()]
        told += [f"{left} were not asked about" for left in [count - sum(outcomes.values())] if left]
        message = (
            f"{kept} of {count} moments keep Cuemark's own captions; of the answers of {self.model.name}, "
            f"{', '.join(told)}."
        )
        if outcomes[_UNREADABLE]:
            message += " A model that thinks aloud needs room for it: --set vlm.tokens=2000."
        return [Notice("vlm_captions_kept", f"{message} {failure}" if failure else message)]

    def _tell(self, done: int, count: int) -> None:
        self.progress.update(_STAGE, done, count, "moments")


def _told(moment: Moment, judged: Judged) -> Moment:
    """A moment in the model's words; ours stay as a runner-up and, where it did not say them, as tags."""
    answer, measure = judged.answer, judged.measure
    ours = [RunnerUp(moment.caption, round(measure.own, 4))] if moment.caption else []
    title = [] if judged.title is None else [RunnerUp(answer.title, round(judged.title, 4))]
    others = [one for one in (*title, *ours, *moment.runners_up) if one.caption != answer.caption]
    return replace(
        moment,
        caption=answer.caption,
        score=measure.sureness(judged.caption),
        scores={**moment.scores, "vlm": round(judged.caption, 4), "own": round(measure.own, 4)},
        runners_up=tuple({one.caption: one for one in reversed(others)}.values())[::-1][:_RUNNERS_UP],
        tags=_tags(moment, judged),
    )


def _tags(moment: Moment, judged: Judged) -> tuple[Tag, ...]:
    """Words of both, best first; a word that both have keeps our score."""
    words = {tag.word: tag for tag in (*judged.tags, *moment.tags)}
    return tuple(sorted(words.values(), key=lambda tag: -tag.score)[:_MOST_TAGS])


def caption_with(
    model: VisionLanguageModel,
    moments: Sequence[Moment],
    evidence: EvidenceBundle,
    text: TextTower,
    options: VlmOptions,
    progress: Progress,
) -> Captioned:
    """Moments with the words of a vision-language model where the frames bear them out, else as they were.

    Never fails because of the model.  Raises JobCancelled within two seconds, and MediaError where footage went away.
    """
    if not moments:
        return Captioned((), ())
    if evidence.pictures is None:
        return left_alone(moments, VlmFailure("vlm_no_pictures", "The footage itself cannot be read any more."))
    judge = FrameJudge(evidence, text, options.tolerance)
    try:
        return VlmCaptioner(model, judge, evidence.pictures, options, progress).caption(moments)
    except VlmFailure as failure:
        return left_alone(moments, failure)


def left_alone(moments: Sequence[Moment], failure: CuemarkError) -> Captioned:
    """The moments as they were, and why, in a notice with the failure's code."""
    count = len(moments)
    kept = f"All {count} moments keep" if count != 1 else "The only moment keeps"
    return Captioned(tuple(moments), (Notice(failure.code, f"{failure} {kept} Cuemark's own captions."),))
