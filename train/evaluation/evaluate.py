"""How good a model is: topics at every level, calibration, confusion, responses, replies; and a simple classifier beside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

import numpy as np

from engine.conversation import Conversation
from engine.engine import Engine
from engine.fitting import fit
from engine.language import text
from engine.model_directory import CARD_FILE, ModelDirectory
from engine.quantization import sample
from engine.topics import LabelTrie
from train.evaluation.baseline import rank_by_svm
from train.evaluation.calibration import Calibration, calibrate
from train.evaluation.confusion import Pairs, confusions, count_pairs
from train.evaluation.model_scores import ResponseLoss, score_rows
from train.evaluation.reply_quality import ReplyQuality, ask, training_replies
from train.evaluation.topic_scores import Ranking, Scores, begin, count_depth
from train.rows.data import Data, DataFile, stop_at_errors
from train.rows.measured_rows import choose_rows
from train.rows.reading import DataError
from train.rows.recorded_split import Part, find_part
from train.rows.split import label_thirds
from train.sequences.joining import Choice

EXTRA = "pip install 'counsel[evaluate]'"
Tell = Callable[[str, int, int], None]  # what is done, how much of it, of how much


@dataclass(frozen=True)
class Request:
    """What to measure.

    Attributes:
        split: one of `train.rows.recorded_split.PARTS`, or "all"; the first that the model has if None.
        rows: at most so many, drawn at random; all if None.
        replies: to sample, each twice.
        baseline: whether to train the simple classifier.
        seed: of all that is drawn.
        threads: that compute; as many as there are physical cores if None.
    """

    split: str | None = None
    rows: int | None = None
    replies: int = 100
    baseline: bool = True
    seed: int = 0
    threads: int | None = None


@dataclass(frozen=True)
class Level:
    """Topics at one level of the label tree, where the probability of a beginning is that of all labels with it.

    Attributes:
        scores: of the model.
        baseline: of the simple classifier.
        calibration: of the model.
        pairs: right and found labels.
    """

    scores: Scores
    baseline: Scores | None
    calibration: Calibration
    pairs: Pairs


@dataclass(frozen=True)
class Third:
    """Whole labels that are frequent, middling or rare in training.

    Attributes:
        scores: of the model.
        baseline: of the simple classifier.
    """

    scores: Scores
    baseline: Scores | None


@dataclass(frozen=True)
class Evaluation:
    """All figures.

    Attributes:
        model: name, hash and precision.
        files: that were read.
        part: the rows' part of the data.
        rows: that were measured.
        levels: from the first to whole labels.
        thirds: those of "head", "middle" and "tail" that have rows.
        responses: None where no row has a response.
        replies: None if none were asked for.
        notes: what to know about the figures, a line each.
        seconds: that it took.
    """

    model: str
    files: Sequence[DataFile]
    part: Part
    rows: int
    levels: Sequence[Level]
    thirds: Mapping[str, Third]
    responses: ResponseLoss | None
    replies: ReplyQuality | None
    notes: Sequence[str]
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON can hold them; no row is among them."""
        return {
            "model": self.model,
            "files": [{**asdict(file), "path": str(file.path)} for file in self.files],
            "split": {
                "name": self.part.name,
                "sha256": self.part.sha256,
                "rows": len(self.part.rows),
                "trained_on": self.part.seen,
            },
            "rows": self.rows,
            "levels": [
                {
                    **_scores(level.scores, level.baseline),
                    "ece": level.calibration.error,
                    "reliability": [one._asdict() for one in level.calibration.bins],
                    "confusions": [one._asdict() for one in confusions(level.pairs)],
                }
                for level in self.levels
            ],
            "thirds": {name: _scores(third.scores, third.baseline) for name, third in self.thirds.items()},
            "responses": self.responses
            and {
                **asdict(self.responses),
                "perplexity": self.responses.perplexity,
                "bits_per_character": self.responses.bits_per_character,
            },
            "replies": self.replies
            and {name: value for name, value in asdict(self.replies).items() if name != "samples"},
            "notes": list(self.notes),
            "seconds": self.seconds,
        }


def evaluate(model: ModelDirectory, data: Data, request: Request, tell: Tell) -> Evaluation:
    """Measure a model on its own part of the data, or on all of it.

    Args:
        model: with labels.
        data: what was read.
        request: what to measure.
        tell: called as the work goes on.

    Raises:
        CounselError: the model does not tell its labels, or the data has errors, does not hold the part that is
            wanted, or no row with a label of the model.
    """
    started = perf_counter()
    stop_at_errors(data.findings)
    trie = _labels(model)
    part = find_part(model.card, data, request.split)
    choices, notes = choose_rows(model, data, part, request.rows, request.seed)
    expected = [choice.row.label for choice in choices]
    baseline = _rank_simply(choices, part, request, notes, tell)
    generator = np.random.default_rng(request.seed)
    done = text("주제와 응답의 확률", "topics and responses")
    ranking, responses = score_rows(
        model,
        trie,
        [choice.draw(generator) for choice in choices],
        request.threads,
        lambda rows: tell(done, rows, len(choices)),
    )
    replies = _ask(model, part, sample(choices, request.replies, request.seed), request, notes, tell)
    return Evaluation(
        model=f"{model.identity}/{model.precision}",
        files=data.files,
        part=part,
        rows=len(choices),
        levels=[
            measure_level(ranking, baseline, expected, depth)
            for depth in range(1, count_depth(model.labels) + 1)
        ],
        thirds={
            name: Third(scores, baseline.measure(expected, labels) if baseline else None)
            for name, labels in label_thirds(model.labels).items()
            if (scores := ranking.measure(expected, labels))
        },
        responses=responses,
        replies=replies,
        notes=notes,
        seconds=perf_counter() - started,
    )


def _scores(scores: Scores, baseline: Scores | None) -> dict[str, Any]:
    return {
        **asdict(scores),
        "accuracy_interval": scores.interval,
        "baseline": baseline and {**asdict(baseline), "accuracy_interval": baseline.interval},
    }


def _labels(model: ModelDirectory) -> LabelTrie:
    trie = LabelTrie(model.labels, model.codec, str(model.path / CARD_FILE))
    if not len(trie):
        raise DataError(
            text(
                f"{model.path}: 이 모델은 라벨을 알려 주지 않아 잴 수 없습니다. {CARD_FILE}에 labels를 적으세요.",
                f"{model.path}: this model does not tell its labels, so nothing can be measured. Write them into {CARD_FILE}.",
            )
        )
    fit(model, trie, "", None, Conversation(), model.sampling)  # refuses a context too short for any answer
    return trie


def _rank_simply(
    choices: Sequence[Choice], part: Part, request: Request, notes: list[str], tell: Tell
) -> Ranking | None:
    """Return what the simple classifier holds likely, if it can be trained on what the model was trained on."""
    if not request.baseline:
        return None
    if not part.training:
        notes.append(
            text(
                "단순한 분류기와 견주지 않았습니다: 모델이 학습한 행을 이 데이터에서 알아볼 수 없습니다.",
                "No simple classifier beside it: the rows that the model was trained on cannot be told in this data.",
            )
        )
        return None
    if len({row.label for row in part.training}) < 2:  # nothing to tell apart
        return None
    done = text("단순한 분류기", "simple classifier")
    tell(done, 0, 1)
    ranking = rank_by_svm(part.training, [choice.row.question for choice in choices])
    tell(done, 1, 1)
    return ranking


def measure_level(ranking: Ranking, baseline: Ranking | None, expected: Sequence[str], depth: int) -> Level:
    """Measure one level.

    Args:
        ranking: of the model, whose scores are probabilities.
        baseline: of the simple classifier.
        expected: the whole label of each row, at least one.
        depth: of the level, from 1.
    """
    own, right = ranking.at_level(depth, np.sum), [begin(label, depth) for label in expected]
    found, scores = own.found(), own.measure(right)
    assert scores is not None
    return Level(
        scores,
        baseline.at_level(depth, np.max).measure(right) if baseline else None,
        calibrate(own.scores.max(axis=1).tolist(), [a == b for a, b in zip(found, right, strict=True)]),
        count_pairs(found, right),
    )


def _ask(
    model: ModelDirectory,
    part: Part,
    choices: Sequence[Choice],
    request: Request,
    notes: list[str],
    tell: Tell,
) -> ReplyQuality | None:
    if not choices:
        return None
    done = text("응답 뽑기", "replies")
    with Engine(model, threads=request.threads) as engine:
        known = training_replies(model, part.training)
        quality = ask(engine, choices, known, request.seed, lambda rows: tell(done, rows, len(choices)))
    if quality.chrf is None and any(filter(None, choice.responses) for choice in choices):
        notes.append(
            text(
                f"chrF에 필요한 sacrebleu가 없습니다. `{EXTRA}`로 설치하세요.",
                f"chrF needs sacrebleu. Install it: `{EXTRA}`.",
            )
        )
    return quality
