"""What drawing rare labels more often does: one model for each balance, compared on frequent and rare labels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.language import text
from engine.topics import LabelTrie
from train.events import Event
from train.fine_tune import make_job
from train.preparation import Prepared, Request, prepare
from train.rows.reading import DataError
from train.rows.split import thirds
from train.run import Run
from train.sequences.lines import encode
from train.topic_search import find_topics

WHOLE = "all"


@dataclass(frozen=True)
class Figures:
    """Of the held-out rows of some labels.

    Attributes:
        rows: how many there are.
        loss: in nats per target token.
        accuracy: the share of them whose topic is found.
    """

    rows: int
    loss: float | None
    accuracy: float


def compare_balances(request: Request, balances: Sequence[float], watch: Callable[[Event], None]) -> str:
    """Train a model for each balance with the same seed, and return a table in Markdown; nothing is written.

    Raises:
        CounselError: no rows are held out to compare on, or as for `fine_tune`.
    """
    results: list[tuple[float, float, Mapping[str, Figures]]] = []
    for balance in balances:
        wanted = replace(request, balance=balance)
        prepared = prepare(wanted)
        if not prepared.split.validation and not prepared.split.test:
            raise DataError(
                text(
                    "--ablate-balance: 견줄 행이 없습니다. --validation이나 --test-share를 높이세요.",
                    "--ablate-balance: there are no held-out rows. Raise --validation or --test-share.",
                )
            )
        run = Run(replace(make_job(wanted, prepared), folder=None), watch)
        run.train()
        results.append((balance, prepared.epochs.effective, measure(run, prepared)))
    return _table(results)


def measure(run: Run, prepared: Prepared) -> dict[str, Figures]:
    """Return the figures of all held-out rows, and of those with frequent, middling and rare labels."""
    sampler = prepared.sampler
    pairs = sampler.fixed_pairs([*prepared.split.validation, *prepared.split.test])
    lines = [encode(pair, sampler.codec, sampler.context) for pair in pairs]
    trie = LabelTrie(prepared.labels, sampler.codec, WHOLE)
    found = find_topics(run.trainer.model, trie, [line.prompt for line in lines], sampler.codec.pad_id)
    figures = {}
    for name, labels in {WHOLE: set(prepared.labels), **thirds(prepared.split.training)}.items():
        own = [place for place, pair in enumerate(pairs) if pair.row.label in labels]
        right = sum(found[place] == pairs[place].row.label for place in own)
        loss = run.measure([lines[place] for place in own])
        figures[name] = Figures(len(own), loss, right / max(1, len(own)))
    return figures


def _table(results: Sequence[tuple[float, float, Mapping[str, Figures]]]) -> str:
    parts = list(results[0][2])
    names = {
        WHOLE: text("모두", "all"),
        "head": text("머리", "head"),
        "middle": text("가운데", "middle"),
        "tail": text("꼬리", "tail"),
    }
    columns = [
        f"{names[part]} ({results[0][2][part].rows:,}): {figure}"
        for part in parts
        for figure in (text("손실", "loss"), text("주제", "topic"))
    ]
    lines = [
        [text("균형", "balance"), text("유효 행", "effective rows"), *columns],
        ["---"] * (2 + len(columns)),
    ]
    for balance, effective, figures in results:
        cells = [
            cell
            for part in parts
            for cell in (
                ("–", "–")
                if figures[part].loss is None
                else (f"{figures[part].loss:.3f}", f"{figures[part].accuracy:.1%}")
            )
        ]
        lines.append([f"{balance:g}", f"{effective:,.0f}", *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
