"""The plots of a report: labels head to tail before and after balancing, lengths, labels in labels."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.language import text
from train.pages.report import Lengths, Report, path_of
from train.pages.svg import Plot, box, fit, legend, line, log_ticks, ticks, width_of, words

WIDTH = 920
NAMED = 24  # so many labels are drawn with their names
LEFT = 52
SPREAD = 10  # where the largest label has so many times the rows of the smallest, the scale is logarithmic
BARS = 40


def plots(report: Report) -> list[Plot]:
    """Return all plots."""
    counts = _few_labels(report) if len(report.counts) <= NAMED else _many_labels(report)
    return [counts, *_length_plots(report), label_map(report)]


def _counts_title(report: Report) -> str:
    return text(
        f"라벨마다 행: 머리에서 꼬리까지, balance {report.balance:g} 앞과 뒤",
        f"Rows of each label, head to tail, before and after balance {report.balance:g}",
    )


def _counts_legend(y: float) -> str:
    before = text("있는 그대로", "as they are")
    after = text("고른 뒤 한 에폭", "one epoch after balancing")
    return legend(WIDTH, y, (("first", before), ("second", after)))


def _hint(report: Report, label: str) -> str:
    rows = text("행", "rows")
    return f"{label}: {report.counts[label]:,} {rows} → {report.expected[label]:,.1f}"


def _few_labels(report: Report) -> Plot:
    """Draw a named bar for each label, with a thinner one below it for what balancing makes of it."""
    most = max([*report.counts.values(), *report.expected.values()], default=1)
    step, right = 40, 130
    left = min(190.0, max(map(width_of, report.counts), default=0.0) * 13 / 12 + 24)
    scale = (WIDTH - left - right) / most
    drawn = [_counts_legend(12)]
    for place, (label, count) in enumerate(report.counts.items()):
        y = 34 + place * step
        expected = report.expected[label]
        drawn += [
            words(left - 14, y + 15, fit(label, left - 20, 13), anchor="end", size=13),
            box(left, y, count * scale, 14, "first", _hint(report, label), 2),
            box(left, y + 16, expected * scale, 6, "second", _hint(report, label), 2),
            words(left + max(count, expected) * scale + 10, y + 15, f"{count:,} → {expected:,.0f}", "soft"),
        ]
    return Plot(
        "labels", _counts_title(report), WIDTH, 34 + max(1, len(report.counts)) * step, "".join(drawn)
    )


def _many_labels(report: Report) -> Plot:
    """Draw a thin bar for each label, the largest first, and a line for what balancing makes of them."""
    labels = list(report.counts)
    sizes = report.sizes
    most = max([*report.counts.values(), *report.expected.values()])
    logarithmic = sizes["max"] > SPREAD * sizes["min"]
    marks = log_ticks(most) if logarithmic else ticks(most)
    top, bottom, height = 34, 300, 344
    low, high = (0.0, math.log(marks[-1])) if logarithmic else (0.0, marks[-1])

    def y_of(value: float) -> float:
        value = math.log(max(1.0, value)) if logarithmic else value
        return bottom - (value - low) / (high - low or 1) * (bottom - top)

    step = (WIDTH - LEFT) / len(labels)
    gap = min(1.0, step * 0.2)
    drawn = [_counts_legend(12)]
    for mark in marks:
        drawn.append(line([(LEFT, y_of(mark)), (WIDTH, y_of(mark))], "grid"))
        drawn.append(words(LEFT - 8, y_of(mark) + 4, f"{mark:,g}", "soft", "end"))
    curve: list[tuple[float, float]] = []
    for place, label in enumerate(labels):
        x = LEFT + place * step
        y = y_of(report.counts[label])
        drawn.append(box(x, y, step - gap, max(1.0, bottom - y), "first", _hint(report, label)))
        curve += [(x, y_of(report.expected[label])), (x + step, y_of(report.expected[label]))]
    drawn.append(line(curve, "curve"))
    for place in sorted({0, len(labels) // 2, len(labels) - 1}):
        x = LEFT + (place + 0.5) * step
        anchor = "start" if place == 0 else "end" if place == len(labels) - 1 else "middle"
        edge = LEFT if place == 0 else WIDTH if place == len(labels) - 1 else x
        drawn.append(words(edge, bottom + 20, f"{place + 1:,}", "soft", anchor))
        drawn.append(words(edge, bottom + 37, fit(labels[place], WIDTH / 3 - 20), "ink", anchor))
    if logarithmic:
        drawn.append(words(LEFT, 12, text("로그 눈금", "log scale"), "soft"))
    return Plot("labels", _counts_title(report), WIDTH, height, "".join(drawn))


def _length_plots(report: Report) -> list[Plot]:
    characters, tokens = text("글자", "characters"), text("토큰", "tokens")
    question, response = text("발화의 길이", "Utterances"), text("응답의 길이", "Responses")
    whole = text("한 줄 전체의 길이", "Whole lines")
    return [
        _histogram("question-characters", question, characters, report.characters["question"]),
        _histogram("response-characters", response, characters, report.characters["response"]),
        _histogram("question-tokens", question, tokens, report.tokens["question"]),
        _histogram("line-tokens", whole, tokens, report.tokens["line"], report.context),
    ]


def _histogram(name: str, title: str, unit: str, lengths: Lengths, limit: int | None = None) -> Plot:
    width, top, bottom, height = 440, 26, 168, 196
    near = limit is not None and limit <= 1.5 * lengths.max
    greatest = max(lengths.max, limit or 0) if near else lengths.max
    size = next(size for size in _bin_sizes() if greatest // size < BARS)
    bins: dict[int, int] = {}
    for value, count in lengths.values.items():
        bins[value // size] = bins.get(value // size, 0) + count
    marks = ticks(max(bins.values(), default=1))
    number = greatest // size + 1
    step = (width - LEFT) / number
    drawn: list[str] = []
    for mark in marks:
        y = bottom - mark / marks[-1] * (bottom - top)
        drawn += [line([(LEFT, y), (width, y)], "grid"), words(LEFT - 8, y + 4, f"{mark:,g}", "soft", "end")]
    for place, count in sorted(bins.items()):
        tall = count / marks[-1] * (bottom - top)
        covered = f"{place * size}" if size == 1 else f"{place * size}–{place * size + size - 1}"
        hint = f"{covered} {unit}: {count:,}"
        drawn.append(box(LEFT + place * step + 0.5, bottom - tall, step - 1, tall, "first", hint, 1))
    for mark in ticks(greatest):
        x = LEFT + mark / size * step
        if x <= width - 8:
            drawn.append(words(x, bottom + 18, f"{mark:,g}", "soft", "middle"))
    if limit is not None:
        meaning = text(f"문맥 {limit:,}토큰", f"context {limit:,} tokens")
        if near:
            x = LEFT + limit / size * step
            drawn.append(line([(x, top - 6), (x, bottom)], "limit"))
            drawn.append(words(min(x, width - width_of(meaning) / 2), top - 10, meaning, "soft", "middle"))
        else:
            beyond = text(f"{meaning}은 오른쪽 밖에", f"{meaning}, beyond the right edge")
            drawn.append(words(width, top - 10, beyond, "soft", "end"))
    return Plot(name, f"{title}, {unit}", width, height, "".join(drawn))


def _bin_sizes() -> list[int]:
    return [factor * 10**power for power in range(9) for factor in (1, 2, 5)]


@dataclass
class Node:
    """A label, or the beginning of several.

    Attributes:
        name: of this level alone.
        rows: of all labels below it, and its own.
        children: by their names.
    """

    name: str
    rows: int = 0
    children: dict[str, "Node"] = field(default_factory=dict)


def label_tree(counts: Mapping[str, int]) -> Node:
    """Return the tree of labels, larger ones first at each level."""
    root = Node("")
    for label, count in counts.items():
        node = root
        node.rows += count
        for part in path_of(label):
            node = node.children.setdefault(part, Node(part))
            node.rows += count
    _sort(root)
    return root


def _sort(node: Node) -> None:
    node.children = dict(sorted(node.children.items(), key=lambda item: -item[1].rows))
    for child in node.children.values():
        _sort(child)


def label_map(report: Report) -> Plot:
    """Draw labels as areas in proportion to their rows, those of the second level inside those of the first."""
    root = label_tree(report.counts)
    height = 560 if sum(len(group.children) or 1 for group in root.children.values()) > NAMED else 260
    drawn: list[str] = []
    for place, (group, (x, y, w, h)) in enumerate(_squares(root, 0, 0, WIDTH, height)):
        kind = ("cell", "cell-other")[place % 2]
        share = f"{group.name}: {group.rows:,} ({group.rows / root.rows:.1%})"
        title = fit(f"{group.name}: {group.rows:,}", w - 16, 13)
        header = 22 if group.children and title and h > 44 else 0
        drawn.append(box(x + 2, y + 2, w - 4, h - 4, kind, share, 4))
        if header or not group.children:
            drawn.append(words(x + 10, y + 19, title, size=13, weight=700) if h > 22 else "")
        for child, (cx, cy, cw, ch) in _squares(group, x + 5, y + 3 + header, w - 10, h - 8 - header):
            drawn.append(
                box(cx + 1, cy + 1, cw - 2, ch - 2, "inner", f"{group.name}/{child.name}: {child.rows:,}", 2)
            )
            if ch > 16:
                drawn.append(words(cx + 5, cy + 14, fit(child.name, cw - 8, 11), size=11))
    title = text("라벨의 나무: 넓이는 행의 수", "Labels within labels: the area is the number of rows")
    return Plot("tree", title, WIDTH, height, "".join(drawn))


Rectangle = tuple[float, float, float, float]


def _squares(node: Node, x: float, y: float, width: float, height: float) -> list[tuple[Node, Rectangle]]:
    """Divide a rectangle among a node's children, each as nearly square as can be (Bruls, Huizing, van Wijk 2000)."""
    if width <= 2 or height <= 2 or not node.children:
        return []
    left = list(node.children.values())
    scale = width * height / sum(child.rows for child in left)
    placed: list[tuple[Node, Rectangle]] = []
    while left:
        short = min(width, height)
        count = 1
        while count < len(left) and _worst(left[: count + 1], scale, short) <= _worst(
            left[:count], scale, short
        ):
            count += 1
        row, left = left[:count], left[count:]
        thick = sum(child.rows for child in row) * scale / short
        at = 0.0
        for child in row:
            long = child.rows * scale / thick
            placed.append((child, (x, y + at, thick, long) if width >= height else (x + at, y, long, thick)))
            at += long
        if width >= height:
            x, width = x + thick, max(1e-6, width - thick)
        else:
            y, height = y + thick, max(1e-6, height - thick)
    return placed


def _worst(row: Sequence[Node], scale: float, short: float) -> float:
    """Return how far from a square the longest rectangle of a row would be."""
    areas = [child.rows * scale for child in row]
    total = sum(areas) ** 2
    return max(short**2 * max(areas) / total, total / (short**2 * min(areas)))
