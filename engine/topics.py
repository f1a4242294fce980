"""The distribution over a model's labels: by the model's experts, or by walking the trie of the labels' tokens.

After `<unused1>` only a label's tokens can follow, and after its last one only `<unused2>`. At each node of
the trie the model's probabilities are normalised over the node's children, so those of the labels sum to 1.
The likeliest labels are found by best-first search, several branches in one pass, without visiting the
others. Where only one token can follow, it follows with probability 1 and the model is not asked.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np
from numpy.typing import NDArray

from engine.checkpoint import Array
from engine.errors import ModelError
from engine.events import Topic, Topics, entropy
from engine.experts import Experts, Scores
from engine.language import text
from engine.runtime import DECODE, Runtime
from engine.template import Codec

# Below this entropy in bits an utterance is judged alone. After an utterance on another topic (664 pairs of everyday ones)
# the shipped model then finds the topic of 93 % instead of 72 %, and still that of 44 of 45 vague follow-ups; from 3 bits
# on, of fewer (python -m bench.topic_entropy).
CLEAR_BITS = 1.5
VAGUE = "모호함"  # how the name ends of the topic that says there is none, here and in the Wellness sheet


@dataclass(eq=False)
class Node:
    """A token on the way to one or more labels.

    Attributes:
        token: its id.
        parent: the node before it, None for the root.
        children: by their token.
        label: the label that ends here, if this is the response token after a label's last one.
    """

    token: int
    parent: "Node | None" = None
    children: dict[int, "Node"] = field(default_factory=dict)
    label: str | None = None

    def path(self) -> list["Node"]:
        """Return the nodes from below the root to this one."""
        return [*self.parent.path(), self] if self.parent else []

    def next_choice(self) -> "Node":
        """Return the first node from here on that is a leaf, or has several children."""
        node = self
        while len(node.children) == 1:
            (node,) = node.children.values()
        return node


class LabelTrie:
    """The tokens of a model's labels.

    Args:
        labels: the labels.
        codec: gives their tokens.
        source: where the labels come from, for error messages.

    Raises:
        ModelError: a label has no tokens, or those of another.
    """

    def __init__(self, labels: Iterable[str], codec: Codec, source: str) -> None:
        self.root = Node(codec.label_id)
        self._leaves: dict[str, Node] = {}
        for label in labels:
            node = self.root
            ids = codec.encode(label)
            for token in [*ids, codec.response_id]:
                node = node.children.setdefault(token, Node(token, node))
            if not ids or node.label is not None:
                raise ModelError(
                    text(
                        f"{source}: 라벨 '{label}'을(를) 토큰으로 구별할 수 없습니다('{node.label}'). 라벨 이름을 바꾸세요.",
                        f"{source}: the label '{label}' has no tokens of its own ('{node.label}'). Rename it.",
                    )
                )
            node.label = label
            self._leaves[label] = node

    def __len__(self) -> int:
        return len(self._leaves)

    def __contains__(self, label: str) -> bool:
        return label in self._leaves

    @property
    def depth(self) -> int:
        """The number of tokens of the longest label and the response token after it."""
        return max(len(leaf.path()) for leaf in self._leaves.values())

    def leaf(self, label: str) -> Node:
        """Return the node at which a label ends.

        Raises:
            KeyError: the model has no such label.
        """
        return self._leaves[label]

    def tokens(self, label: str) -> list[int]:
        """Return the ids of a label and of the response token after it.

        Raises:
            KeyError: the model has no such label.
        """
        return [node.token for node in self._leaves[label].path()]


def find_topics(
    experts: Experts | None,
    trie: LabelTrie,
    runtime: Runtime,
    logits: Array,
    *,
    question: str,
    earlier: Sequence[str] = (),
    wanted: int | None = None,
    favour: Mapping[str, float] | None = None,
    chosen: str | None = None,
) -> Topics:
    """Find the likeliest labels and their probabilities, by the experts if there are any, else by the label's tokens.

    An utterance of whose topic the experts are sure is judged alone: it may well be about something else than what came
    before. What is surely vague is not.

    Args:
        experts: of the model.
        trie: of its labels.
        runtime: holds the prompt up to `<unused1>`, and nothing else, before and after. Its context has room for the
            tokens of the longest label.
        logits: float32 [vocab_size] after the prompt.
        question: as the model reads it.
        earlier: the questions of the turns in the prompt.
        wanted: how many labels; all if None.
        favour: labels whose probability is multiplied by a factor of at least 1 before all are made to sum to 1 again.
        chosen: the label to answer under; the likeliest if None.
    """
    wanted, favour = len(trie) if wanted is None else wanted, favour or {}
    if experts is None:
        likeliest, rest = walk(trie, runtime, logits, wanted, favour)
        return Topics(likeliest, rest, chosen or likeliest[0].label, tuple(favour.items()))
    scores = score_topics(experts, trie, runtime, logits, question, ())
    plain = experts.probabilities(scores)
    if entropy(plain) < CLEAR_BITS and not experts.labels[int(plain.argmax())].endswith(VAGUE):
        favour = {}
    elif earlier:
        plain = experts.probabilities(scores | experts.by_ngrams(question, earlier))
    used = plain
    if favour:
        used = plain * [favour.get(label, 1.0) for label in experts.labels]
        used /= used.sum()
    order = np.argsort(-used, kind="stable")[:wanted]
    topics = tuple(_topic(experts.labels[place], float(used[place]), float(plain[place])) for place in order)
    rest = max(0.0, 1.0 - sum(topic.probability for topic in topics))
    return Topics(topics, rest, chosen or topics[0].label, tuple(favour.items()))


def _topic(label: str, probability: float, by_model: float) -> Topic:
    """Return a topic that holds one number where both are the same."""
    return Topic(label, probability, probability if probability == by_model else by_model)


def score_topics(
    experts: Experts, trie: LabelTrie, runtime: Runtime, logits: Array, question: str, earlier: Sequence[str]
) -> dict[str, Scores]:
    """Return what each expert holds of each label (see `Experts.scores`); the arguments are those of `find_topics`."""

    def by_tokens() -> dict[str, float]:
        return {topic.label: topic.probability for topic in walk(trie, runtime, logits, len(trie))[0]}

    return experts.scores(runtime.state, question, earlier, by_tokens)


def walk(
    trie: LabelTrie,
    runtime: Runtime,
    logits: Array,
    wanted: int,
    favour: Mapping[str, float] | None = None,
) -> tuple[tuple[Topic, ...], float]:
    """Find the likeliest labels and their exact probabilities.

    Args:
        trie: of the labels.
        runtime: holds the prompt up to `<unused1>`, and nothing else, before and after. Its context has
            room for the tokens of the longest label.
        logits: float32 [vocab_size] after the prompt.
        wanted: how many labels.
        favour: labels whose probability is multiplied by a factor of at least 1 before all are made to sum to
            1 again.

    Returns:
        The labels in descending order, and the probability of all others together.
    """
    prompt = runtime.used
    rows = {trie.root: prompt - 1}
    favour = favour or {}
    ways = [step for label in favour for step in trie.leaf(label).path() if len(step.children) > 1]
    known = _place(
        list(dict.fromkeys(ways)), runtime, rows
    )  # so that every favoured label is reached at once
    known[trie.root] = logits
    favoured: dict[str, float] = {}
    frontier: list[
        tuple[float, int, float, Node]
    ] = []  # minus the rank; breaks ties; the probability; the node
    order = count()

    def reach(node: Node, probability: float) -> None:
        node = node.next_choice()
        if node in known:
            for child, share in zip(node.children.values(), _shares(node, known[node]), strict=True):
                reach(child, probability * float(share))
            return
        factor = favour.get(node.label or "", 1.0)
        if factor != 1:
            favoured[node.label or ""] = probability
        heapq.heappush(frontier, (-probability * factor, next(order), probability, node))

    reach(trie.root, 1.0)
    found: list[tuple[str, float]] = []
    while frontier and len(found) < wanted:
        if (label := frontier[0][3].label) is not None:
            found.append((label, heapq.heappop(frontier)[2]))
            continue
        best = _affordable([entry for entry in sorted(frontier) if entry[3].label is None], rows)
        frontier = [entry for entry in frontier if entry not in best]
        heapq.heapify(frontier)
        known |= _place([node for *_, node in best], runtime, rows)
        for *_, probability, node in best:
            reach(node, probability)
    runtime.truncate(prompt)
    total = 1 + sum((favour[label] - 1) * probability for label, probability in favoured.items())
    topics = tuple(
        Topic(label, favour.get(label, 1.0) * probability / total, probability)
        for label, probability in found
    )
    return topics, max(0.0, 1.0 - sum(topic.probability for topic in topics))


def _shares(node: Node, logits: Array) -> NDArray[np.float64]:
    """Return the softmax over a node's children, float64 [len(children)]."""
    scores = logits[list(node.children)].astype(np.float64)
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()  # type: ignore[no-any-return]


Entry = tuple[float, int, float, Node]


def _affordable(entries: list[Entry], rows: dict[Node, int]) -> list[Entry]:
    """Return the first entries, at least one, whose nodes go into one pass together."""
    for number in range(min(len(entries), max(DECODE)), 1, -1):
        if len(_without_row([node for *_, node in entries[:number]], rows)) <= max(DECODE):
            return entries[:number]
    return entries[:1]


def _place(nodes: list[Node], runtime: Runtime, rows: dict[Node, int]) -> dict[Node, Array]:
    """Append nodes, and those of their ancestors that have no row, to the cache; return the logits after each.

    Where the context is full, all rows behind the root's are given up first.
    """
    missing = _without_row(nodes, rows)
    if not missing:
        return {}
    if runtime.used + len(missing) > runtime.context:
        if len(nodes) > 1:
            return {k: v for node in nodes for k, v in _place([node], runtime, rows).items()}
        root, row = next(iter(rows.items()))
        rows.clear()
        rows[root] = row
        runtime.truncate(row + 1)
        missing = _without_row(nodes, rows)
    rows |= {node: row for row, node in enumerate(missing, start=runtime.used)}
    parents = [rows[node.parent] for node in missing if node.parent]
    after = dict(zip(missing, runtime.append([node.token for node in missing], parents), strict=True))
    return {node: after[node] for node in nodes if node in after}


def _without_row(nodes: list[Node], rows: dict[Node, int]) -> list[Node]:
    path_nodes = dict.fromkeys(step for node in nodes for step in node.path())
    return [node for node in path_nodes if node not in rows]
