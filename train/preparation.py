"""What is done before the first step: the request, the rows split, the tokenizer, the network."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.checkpoint import Geometry
from engine.model_directory import TOKENIZER_FILE, Replies
from engine.template import Codec, Template
from engine.topics import LabelTrie
from train.base import Base
from train.checkpoint import Precision, run_folder
from train.distribution import Cluster
from train.rows.data import Data, Row, count_labels
from train.rows.split import Split, split
from train.sequences.joining import Joiner
from train.sequences.lines import Epochs, Sampler, refuse_overlong
from train.sequences.noise import Noise
from train.sequences.policy import Policy
from train.sequences.tokenizer import learn_tokenizer
from train.settings import Settings
from train.sizes import SIZES


@dataclass(frozen=True)
class Request:
    """What to train, on what, and where to put it.

    Attributes:
        data: the rows.
        out: the model directory to be written.
        base: a GPT-2 checkpoint to start from, or None for random weights.
        size: one of `SIZES`, for random weights.
        settings: of the loop.
        dropout: the rate in training.
        validation_share: of the rows, held out to be measured after each epoch.
        test_share: of the rows, held out to be measured in the end, unless `test` is given.
        test: a test set of one's own.
        responses: how utterances and replies are joined; as fits each file if None.
        balance: between labels as frequent as they are (0) and all alike (1).
        noise: by which the utterances of rare labels are varied; None for no variation.
        context_turns: how many earlier turns of a dialogue are read.
        name: what the model is called; the name of `out` if empty.
        data_licences: lines for the card.
        precision: of the stored weights.
        keep_responses: whether the replies it learnt from go into the directory.
        ngrams: whether a linear expert on n-grams is trained beside the network.
        lexicon: words and phrases whose labels are learnt as well, by the network and by that expert.
        replies: whether the model later writes its own replies or keeps to those that it was trained on.
        cluster: the machines that train together; None for this one alone.
        configuration: the options that repeat the training, as TOML.
    """

    data: Data
    out: Path
    base: Base | None
    size: str
    settings: Settings
    dropout: float
    validation_share: float
    test_share: float = 0.0
    test: Data | None = None
    responses: Policy | None = None
    balance: float = 0.5
    noise: Noise | None = None
    context_turns: int = 0
    name: str = ""
    data_licences: Sequence[str] = ()
    precision: Precision = "float32"
    keep_responses: bool = True
    ngrams: bool = True
    lexicon: Data | None = None
    replies: Replies = "free"
    cluster: Cluster | None = None
    configuration: str = ""

    @property
    def run_folder(self) -> Path:
        """Where checkpoints and metrics are kept, beside the model; each further machine has its own part of it."""
        return run_folder(self.out, self.cluster)


@dataclass(frozen=True)
class Prepared:
    """All that training needs besides the network.

    Attributes:
        split: the rows.
        geometry: of the network.
        sampler: how lines are made.
        epochs: the training lines.
        labels: with the number of training rows.
        lexicon: entries that are learnt, none of which is held out as an utterance.
    """

    split: Split
    geometry: Geometry
    sampler: Sampler
    epochs: Epochs
    labels: dict[str, int]
    lexicon: Sequence[Row]


def prepare(request: Request) -> Prepared:
    """Split the rows and make ready to encode them.

    Raises:
        CounselError: rows or base cannot be used.
    """
    data, seed = request.data, request.settings.seed
    rows = split(
        data.rows, request.validation_share, request.test.rows if request.test else request.test_share, seed
    )
    geometry, codec = _start_from(request, rows.training)
    labels = count_labels(rows.training)
    LabelTrie(
        labels, codec, ", ".join(str(file.path) for file in data.files)
    )  # refuses labels that it cannot tell apart
    refuse_overlong((*rows.training, *rows.validation, *rows.test), codec, geometry.context)
    joiner = Joiner.of(data, request.responses, request.context_turns, request.test)
    numbered = tuple(labels) if request.settings.topic_head and len(labels) > 1 else ()
    sampler = Sampler(joiner, codec, geometry.context, request.balance, request.noise, seed, numbered)
    held_out = {row.question for row in (*rows.validation, *rows.test)}
    lexicon = request.lexicon.rows if request.lexicon else ()
    entries = [row for row in lexicon if row.question not in held_out]
    refuse_overlong(entries, codec, geometry.context)
    return Prepared(rows, geometry, sampler, sampler.epochs(rows.training, entries), labels, entries)


def _start_from(request: Request, training: Sequence[Row]) -> tuple[Geometry, Codec]:
    if request.base is not None:
        return request.base.geometry, request.base.codec
    size = SIZES[request.size]
    texts = (part for row in training for part in (row.question, row.label, row.response or ""))
    tokenizer = learn_tokenizer(texts, size.vocab_size)
    codec = Codec(tokenizer, Template(), TOKENIZER_FILE)
    return replace(size, vocab_size=codec.vocab_size), codec
