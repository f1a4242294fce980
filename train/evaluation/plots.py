"""The plots of an evaluation: confidence beside accuracy, and which labels are taken for which."""

from collections import Counter
from collections.abc import Sequence

from engine.language import text
from train.evaluation.calibration import BINS, Calibration
from train.evaluation.confusion import Pairs
from train.evaluation.evaluate import Evaluation
from train.evaluation.summary import percent
from train.evaluation.topic_scores import begin
from train.pages.plots import LEFT, WIDTH
from train.pages.report import path_of
from train.pages.svg import HEAT, Plot, box, fit, line, width_of, words

HALF = 440  # the width of a small plot
FEW = 12  # the matrix of so many labels is a small one
NAMED = 40  # so many labels are named beside their matrix


def plots(evaluation: Evaluation) -> list[Plot]:
    """Return two plots for each level."""
    levels = list(enumerate(evaluation.levels, start=1))
    return [
        *(_reliability(depth, level.calibration) for depth, level in levels),
        *(_matrix(depth, level.pairs) for depth, level in levels),
    ]


def _reliability(depth: int, calibration: Calibration) -> Plot:
    """Draw the accuracy of each bin as a bar, and the diagonal on which confidence would be accuracy."""
    width, top, bottom, height = HALF, 34, 294, 334
    side = width - LEFT

    def x_of(share: float) -> float:
        return LEFT + share * side

    def y_of(share: float) -> float:
        return bottom - share * (bottom - top)

    drawn = []
    for mark in (0, 0.25, 0.5, 0.75, 1):
        drawn += [
            line([(LEFT, y_of(mark)), (width, y_of(mark))], "grid"),
            words(LEFT - 8, y_of(mark) + 4, f"{100 * mark:g} %", "soft", "end"),
            words(x_of(mark), bottom + 18, f"{100 * mark:g} %", "soft", "end" if mark == 1 else "middle"),
        ]
    for one in calibration.bins:
        hint = text(
            f"{one.rows:,}행, 확신 {percent(one.confidence)}, 정확도 {percent(one.accuracy)}",
            f"{one.rows:,} rows, confidence {percent(one.confidence)}, accuracy {percent(one.accuracy)}",
        )
        tall = max(1.0, y_of(0) - y_of(one.accuracy))
        drawn.append(box(x_of(one.low) + 1, bottom - tall, side / BINS - 2, tall, "first", hint, 2))
        middle = x_of((one.low + one.high) / 2)
        drawn.append(words(middle, bottom - tall - 4, f"{one.rows:,}", "soft", "middle", 9))
    drawn.append(line([(x_of(0), y_of(0)), (x_of(1), y_of(1))], "limit"))
    drawn.append(
        words(LEFT, top - 18, text("정확도, 막대 위는 행의 수", "accuracy; above the bars: rows"), "soft")
    )
    drawn.append(
        words(width, bottom + 36, text("확신(가장 그럴듯한 라벨의 확률)", "confidence"), "soft", "end")
    )
    title = text(
        f"{depth}수준의 확신과 정확도, ECE {calibration.error:.3f}",
        f"Confidence and accuracy at level {depth}, ECE {calibration.error:.3f}",
    )
    return Plot(f"reliability-level-{depth}", title, width, height, "".join(drawn))


def _matrix(depth: int, pairs: Pairs) -> Plot:
    """Draw a row for each right label and a column for each found one, both in the order of the label tree."""
    labels = sorted({label for pair in pairs for label in pair}, key=path_of)
    few = len(labels) <= NAMED
    width = HALF if len(labels) <= FEW else WIDTH
    names = labels if few else [begin(label, 1) for label in labels]
    left, top = min(0.4 * width, max(map(width_of, names)) + 40), 36.0
    step = min(100.0, (width - left) / len(labels))
    end = len(labels) * step
    drawn = [
        words(0, 12, text("맞는 라벨 ↓ 찾은 라벨 →", "right ↓ found →"), "soft"),
        *(_names(labels, left, top, step) if few else _groups(labels, left, top, step)),
        line([(left, top), (left + end, top), (left + end, top + end)], "grid"),
        line([(left, top), (left, top + end), (left + end, top + end)], "grid"),
    ]
    totals: Counter[str] = Counter()
    for (expected, _), rows in pairs.items():
        totals[expected] += rows
    place = {label: number for number, label in enumerate(labels)}
    gap = 0.5 if step > 6 else 0.0
    for (expected, found), rows in pairs.items():
        share = rows / totals[expected]
        kind = f"{'right' if expected == found else 'wrong'}-{max(1, round(share * HEAT))}"
        x, y = left + place[found] * step, top + place[expected] * step
        hint = f"{expected} → {found}: {rows:,} ({percent(share)})"
        drawn.append(box(x + gap, y + gap, step - 2 * gap, step - 2 * gap, kind, hint))
        if step > 20:
            drawn.append(words(x + step / 2, y + step / 2 + 4, f"{rows:,}", "ink", "middle", 11))
    title = text(
        f"{depth}수준에서 무엇을 무엇으로 알았나, 라벨 {len(labels):,}개",
        f"What was taken for what at level {depth}, {len(labels):,} labels",
    )
    return Plot(f"confusion-level-{depth}", title, width, round(top + end + 8), "".join(drawn))


def _names(labels: Sequence[str], left: float, top: float, step: float) -> list[str]:
    """Return each label with its number beside its row, and the number above its column."""
    drawn = []
    for number, label in enumerate(labels, start=1):
        middle = (number - 0.5) * step
        drawn += [
            words(left - 8, top + middle + 4, fit(f"{label} {number}", left - 12, 11), anchor="end", size=11),
            words(left + middle, top - 6, f"{number}", "soft", "middle", 10),
        ]
    return drawn


def _groups(labels: Sequence[str], left: float, top: float, step: float) -> list[str]:
    """Return a line where another first level begins, and its name where there is room."""
    drawn, end = [], len(labels) * step
    groups = Counter(begin(label, 1) for label in labels)
    start = 0.0
    for group, number in groups.items():
        drawn.append(line([(left, top + start), (left + end, top + start)], "grid"))
        drawn.append(line([(left + start, top), (left + start, top + end)], "grid"))
        if number * step > 12:
            drawn.append(words(left - 8, top + start + 11, fit(group, left - 12, 11), anchor="end", size=11))
        start += number * step
    return drawn
