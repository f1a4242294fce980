"""What drawing rare labels more often does: one model for each balance, compared on frequent and rare labels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf

from engine.language import text
from engine.topics import LabelTrie, Node
from train.lines import encode
from train.loop import Epoch, Step, fit, mean_loss
from train.model import GPT2
from train.preparation import Plan, Prepared, Request, build, make_plan, prepare
from train.reading import DataError
from train.split import thirds

BATCH = 64
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


def compare_balances(
    request: Request, balances: Sequence[float], watch: Callable[[Plan | Step | Epoch], None]
) -> str:
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
        model = build(wanted, prepared)
        watch(make_plan(wanted, prepared, model))
        codec = prepared.sampler.codec
        fit(
            model,
            prepared.epochs,
            prepared.sampler.fixed(prepared.split.validation),
            wanted.settings,
            codec.pad_id,
            watch,
        )
        results.append((balance, prepared.epochs.effective, measure(model, prepared)))
    return _table(results)


def measure(model: GPT2, prepared: Prepared) -> dict[str, Figures]:
    """Return the figures of all held-out rows, and of those with frequent, middling and rare labels."""
    sampler = prepared.sampler
    pairs = sampler.fixed_pairs([*prepared.split.validation, *prepared.split.test])
    lines = [encode(pair, sampler.codec, sampler.context) for pair in pairs]
    trie = LabelTrie(prepared.labels, sampler.codec, WHOLE)
    found = find_topics(model, trie, [line.ids[: line.read] for line in lines], sampler.codec.pad_id)
    figures = {}
    for name, labels in {WHOLE: set(prepared.labels), **thirds(prepared.split.training)}.items():
        own = [place for place, pair in enumerate(pairs) if pair.row.label in labels]
        right = sum(found[place] == pairs[place].row.label for place in own)
        loss = mean_loss(model, [lines[place] for place in own], BATCH, sampler.codec.pad_id)
        figures[name] = Figures(len(own), loss, right / max(1, len(own)))
    return figures


def find_topics(model: GPT2, trie: LabelTrie, prompts: Sequence[Sequence[int]], pad_id: int) -> list[str]:
    """Return the label that the model writes after each prompt if it takes the likeliest way at every fork.

    The engine, which knows the exact probabilities, sometimes finds a likelier label on another way.
    """
    last = _compiled_last(model)
    room = model.geometry.context - trie.depth
    starts = [[*prompt[:2], *prompt[2 + max(0, len(prompt) - room) :]] for prompt in prompts]
    nodes = [trie.root.next_choice()] * len(starts)
    while waiting := [place for place, node in enumerate(nodes) if node.children]:
        for start in range(0, len(waiting), BATCH):
            places = waiting[start : start + BATCH]
            sequences = [[*starts[place], *(step.token for step in nodes[place].path())] for place in places]
            tokens = np.full((len(places), max(map(len, sequences))), pad_id, np.int32)
            for line, ids in enumerate(sequences):
                tokens[line, : len(ids)] = ids
            logits = last(tokens, np.array([len(ids) - 1 for ids in sequences], np.int32)).numpy()
            for place, row in zip(places, logits, strict=True):
                nodes[place] = _likeliest(nodes[place], row)
    return [node.label or "" for node in nodes]


def _likeliest(node: Node, logits: Any) -> Node:
    return max(node.children.values(), key=lambda child: float(logits[child.token])).next_choice()


def _compiled_last(model: GPT2) -> Callable[..., Any]:
    """Return the function from token ids, and each sequence's last place, to the logits after it."""

    @tf.function(input_signature=(tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None], tf.int32)))
    def last(tokens: Any, places: Any) -> Any:
        return model.logits(tf.gather(model(tokens, training=False), places, batch_dims=1))

    return last  # type: ignore[no-any-return]


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
