"""The figures of an evaluation in words, for the terminal and for the page alike."""

from collections.abc import Iterator
from typing import NamedTuple

from engine.events import Problem
from engine.language import text
from train.evaluation.baseline import NGRAMS
from train.evaluation.calibration import BINS
from train.evaluation.confusion import confusions
from train.evaluation.evaluate import Evaluation
from train.evaluation.model_scores import ResponseLoss
from train.evaluation.reply_quality import ReplyQuality
from train.evaluation.topic_scores import Scores
from train.pages.summary import Section
from train.rows.recorded_split import ALL


class Grid(NamedTuple):
    """A table.

    Attributes:
        title: above it.
        header: names of its columns.
        rows: their cells.
        names: so many columns hold names, the others figures.
        hint: what the columns mean.
    """

    title: str
    header: list[str]
    rows: list[list[str]]
    names: int = 1
    hint: str = ""


def subject(evaluation: Evaluation) -> Section:
    """Return what was measured on what."""
    part = evaluation.part
    which = {
        "test": text("시험", "test"),
        "validation": text("검증", "validation"),
        "training": text("학습", "training"),
        ALL: text("모두", "all"),
    }[part.name]
    rows = text(f"{which}, {evaluation.rows:,}행", f"{which}, {evaluation.rows:,}")
    known = text("모델의 것과 같음", "the model's own")
    return Section(
        text("대상", "Subject"),
        [
            (text("모델", "model"), evaluation.model),
            (text("잰 행", "rows"), f"{rows}, sha256 {part.sha256[:12]}, {known}" if part.sha256 else rows),
            (text("걸린 시간", "time"), text(f"{evaluation.seconds:.1f}초", f"{evaluation.seconds:.1f} s")),
        ],
    )


def sections(evaluation: Evaluation) -> list[Section]:
    """Return figures that stand by themselves, in the order in which they are shown."""
    found = []
    if evaluation.responses:
        title = text("응답의 확률, 맞는 라벨 아래에서", "Responses under the right label")
        found.append(Section(title, list(_responses(evaluation.responses))))
    if evaluation.replies:
        title = text("뽑은 응답", "Sampled replies")
        found.append(Section(title, list(_replies(evaluation.replies))))
    return found


def topic_grids(evaluation: Evaluation) -> list[Grid]:
    """Return topics at every level, and those of frequent and rare labels."""
    compared = any(level.baseline for level in evaluation.levels)
    low, high = NGRAMS
    hint = text(
        f"95 %: 정확도의 신뢰 구간(Wilson). ECE: 구간 {BINS}개로 잰 확신의 오차.",
        f"95 %: confidence interval of the accuracy (Wilson). ECE: calibration error in {BINS} bins.",
    )
    if compared:
        hint += text(
            f" SVM: 글자 n-gram({low}~{high}) TF-IDF와 선형 SVM을 같은 행으로 학습한 것.",
            f" SVM: character n-grams ({low} to {high}), TF-IDF and a linear SVM, trained on the same rows.",
        )
    figures = [text("정확도", "accuracy"), "95 %", text("상위 3", "top 3"), text("매크로 F1", "macro-F1")]
    labels, rows = text("라벨", "labels"), text("행", "rows")
    levels: list[list[str]] = []
    for depth, level in enumerate(evaluation.levels, start=1):
        name = text(f"{depth}수준", f"level {depth}")
        error = f"{level.calibration.error:.3f}"
        levels.append([name, f"{level.scores.labels:,}", *_cells(level.scores), error])
        if level.baseline:
            levels.append(["└ SVM", "", *_cells(level.baseline), ""])
    thirds: list[list[str]] = []
    for name, third in evaluation.thirds.items():
        thirds.append([_third_name(name), f"{third.scores.rows:,}", *_cells(third.scores)])
        if third.baseline:
            thirds.append(["└ SVM", "", *_cells(third.baseline)])
    return [
        Grid(text("주제", "Topics"), [text("수준", "level"), labels, *figures, "ECE"], levels, hint=hint),
        Grid(
            text("학습한 행이 많은 라벨과 적은 라벨", "Labels with many and with few training rows"),
            [labels, rows, *figures],
            thirds,
        ),
    ]


def confusion_grid(evaluation: Evaluation, most: int) -> Grid:
    """Return the pairs of whole labels that are taken for each other most."""
    found = confusions(evaluation.levels[-1].pairs)[:most]
    return Grid(
        text("가장 자주 헷갈린 라벨", "Labels most often confused"),
        [
            text("맞는 라벨", "right"),
            text("찾은 라벨", "found"),
            text("행", "rows"),
            text("그 라벨에서", "of its rows"),
        ],
        [[one.expected, one.found, f"{one.rows:,}", percent(one.share)] for one in found],
        names=2,
    )


def percent(share: float) -> str:
    """Return a share as it is written."""
    return f"{100 * share:.1f} %"


def _cells(scores: Scores) -> list[str]:
    low, high = scores.interval
    return [
        percent(scores.accuracy),
        f"{100 * low:.1f}–{100 * high:.1f}",
        percent(scores.top3),
        f"{scores.macro_f1:.3f}",
    ]


def _third_name(name: str) -> str:
    return {
        "head": text("많은 삼분의 일", "most frequent third"),
        "middle": text("가운데", "middle third"),
        "tail": text("적은 삼분의 일", "rarest third"),
    }[name]


def _responses(loss: ResponseLoss) -> Iterator[tuple[str, str]]:
    yield text("토큰마다 퍼플렉서티", "perplexity per token"), f"{loss.perplexity:,.2f}"
    yield text("글자마다 비트", "bits per character"), f"{loss.bits_per_character:.3f}"
    told = text(f"{loss.rows:,}행, {loss.tokens:,}토큰", f"{loss.rows:,} rows, {loss.tokens:,} tokens")
    yield text("잰 응답", "responses"), told


def _replies(replies: ReplyQuality) -> Iterator[tuple[str, str]]:
    yield (
        text("뽑은 수", "replies"),
        text(
            f"{replies.number:,}(모델이 권하는 샘플링)",
            f"{replies.number:,} (sampled as the model recommends)",
        ),
    )
    if replies.chrf is not None:
        yield text("chrF, 아는 응답과", "chrF, with known replies"), f"{replies.chrf:.1f}"
    yield text("distinct-2, 어절", "distinct-2, words"), f"{replies.distinct2:.3f}"
    copied = text("모름", "not known") if replies.copied is None else percent(replies.copied)
    yield text("학습한 응답 그대로", "copied from training"), copied
    faults = ", ".join(f"{_problem(problem)} {number:,}" for problem, number in replies.problems.items())
    broken = percent(replies.broken)
    yield (
        text("제약 없이 쓸 때 깨짐", "broken if unconstrained"),
        f"{broken} ({faults})" if faults else broken,
    )
    yield (
        text("첫 토큰까지", "to the first token"),
        text(
            f"{1000 * replies.first_token:.0f} ms(가운뎃값)", f"{1000 * replies.first_token:.0f} ms (median)"
        ),
    )
    rate = f"{replies.tokens_per_second:,.0f}"
    yield text("그 뒤 빠르기", "speed after it"), text(f"초마다 {rate}토큰", f"{rate} tokens/s")


def _problem(problem: Problem) -> str:
    match problem:
        case "no label":
            return text("라벨 없음", "no label")
        case "unknown label":
            return text("모르는 라벨", "unknown label")
        case "no response":
            return text("응답 없음", "no response")
        case "not closed":
            return text("끝맺지 않음", "not closed")
