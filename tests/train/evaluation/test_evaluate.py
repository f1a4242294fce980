"""A whole evaluation, and the pages that tell of it."""

import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from engine.errors import CounselError
from engine.language import choose
from engine.model_directory import ModelDirectory
from tests.conftest import LABELS, write_csv
from tests.train.pages.test_report import NASTY, parse
from train.evaluation.evaluate import Evaluation, Level, Request, Third, evaluate, measure_level
from train.evaluation.model_scores import ResponseLoss
from train.evaluation.page import write_page
from train.evaluation.plots import plots
from train.evaluation.reply_quality import ReplyQuality, Sample
from train.evaluation.terminal import show
from train.evaluation.topic_scores import Ranking, count_depth
from train.pages.svg import standalone
from train.rows.data import DataFile, Row, read_data
from train.rows.reading import Place
from train.rows.recorded_split import Part
from train.rows.split import split


@pytest.fixture(scope="module")
def measured(trained: Path) -> Evaluation:
    return evaluate(
        ModelDirectory.load(trained),
        read_data([trained.parent / "rows.csv"]),
        Request(replies=3),
        lambda *_: None,
    )


def made_up(labels: Sequence[str], seed: int = 0, baseline: bool = True) -> Evaluation:
    """An evaluation of random figures for these labels."""
    generator = np.random.default_rng(seed)
    expected = [labels[place] for place in generator.integers(len(labels), size=2 * len(labels) + 3)]
    scores = generator.dirichlet(np.ones(len(labels)), len(expected))
    ranking = Ranking(list(labels), scores)
    simple = Ranking(list(labels), generator.normal(size=scores.shape)) if baseline else None
    rows = [Row("발화", label, None, Place(Path("rows.csv"), 2)) for label in expected]
    whole = ranking.measure(expected)
    assert whole is not None
    return Evaluation(
        model="model@0123456789ab/int8",
        files=[DataFile(Path("rows.csv"), "0" * 64, len(rows), False)],
        part=Part("test", rows, rows, "1" * 64, 0),
        rows=len(rows),
        levels=[
            measure_level(ranking, simple, expected, depth) for depth in range(1, count_depth(labels) + 1)
        ],
        thirds={"head": Third(whole, whole if simple else None), "tail": Third(whole, None)},
        responses=ResponseLoss(12345, 1234567, 2345678, 4567890.0),
        replies=ReplyQuality(
            1234, 45.6, 0.789, None, 0.123, {"unknown label": 12, "no response": 3, "not closed": 140},
            0.0123, 123.4, [Sample(labels[0], "제 번호는 010-1234-5678이에요", f"{NASTY} 알겠어요")],
        ),
        notes=[f"{NASTY}의 {len(rows):,}행은 뺐습니다."],
        seconds=12.3,
    )  # fmt: skip


def terminal(evaluation: Evaluation, width: int) -> str:
    file = io.StringIO()
    show(evaluation, Console(file=file, width=width))
    return file.getvalue()


def test_the_models_own_rows_are_measured(trained: Path, measured: Evaluation) -> None:
    card = json.loads((trained / "counsel.json").read_text("utf-8"))
    rows = read_data([trained.parent / "rows.csv"]).rows
    training = card["training"]
    share = training["configuration"]["validation_share"]
    held_out = split(rows, share, 0.0, training["seed"]).validation
    assert measured.part.name == "validation"
    assert list(measured.part.rows) == list(held_out)
    assert measured.rows == len(held_out) > 0
    assert len(measured.levels) == 3
    assert measured.notes == []


def test_figures_belong_together(measured: Evaluation) -> None:
    for level in measured.levels:
        low, high = level.scores.interval
        assert low <= level.scores.accuracy <= high
        assert level.scores.accuracy <= level.scores.top3
        assert sum(one.rows for one in level.calibration.bins) == measured.rows
        right = sum(rows for (expected, found), rows in level.pairs.items() if expected == found)
        assert right == round(level.scores.accuracy * measured.rows)
        # Every label has a word of its own.
        assert level.baseline is not None
        assert level.baseline.accuracy == 1
    assert sum(third.scores.rows for third in measured.thirds.values()) == measured.rows
    assert measured.responses is not None
    assert measured.responses.rows == measured.rows
    assert measured.replies is not None
    assert measured.replies.number == 3
    assert measured.replies.chrf is not None
    assert 0 <= measured.replies.chrf <= 100
    assert json.loads(json.dumps(measured.as_dict()))["rows"] == measured.rows


def test_rows_that_the_model_knows_and_rows_that_it_cannot(trained: Path, tmp_path: Path) -> None:
    strange = write_csv(tmp_path / "more.csv", [("없는 라벨", f"발화 {n}", "응답") for n in range(3)])
    done: list[tuple[str, int, int]] = []
    evaluation = evaluate(
        ModelDirectory.load(trained),
        read_data([trained.parent / "rows.csv", strange]),
        Request("all", rows=10, replies=0),
        lambda *told: done.append(told),
    )
    assert evaluation.rows == 10
    assert evaluation.replies is None
    assert [note for note in evaluation.notes if "없는 라벨" in note and "3행" in note]
    assert [note for note in evaluation.notes if "64행 가운데 10행" in note]
    assert [note for note in evaluation.notes if "rows.csv" in note]
    assert done[-1][1:] == (10, 10)
    assert all(level.baseline is None for level in evaluation.levels)


def test_training_rows_are_said_to_be_known(trained: Path) -> None:
    data = read_data([trained.parent / "rows.csv"])
    model = ModelDirectory.load(trained)
    training = evaluate(model, data, Request("training", replies=0, baseline=False), lambda *_: None)
    assert str(training.rows) in training.notes[0]
    everything = evaluate(model, data, Request("all", replies=0, baseline=False), lambda *_: None)
    assert everything.rows == 64
    assert everything.part.seen == training.rows
    assert everything.notes == training.notes


def test_the_same_seed_gives_the_same_figures(trained: Path) -> None:
    model, data = ModelDirectory.load(trained), read_data([trained.parent / "rows.csv"])

    def figures(seed: int) -> tuple[object, ...]:
        found = evaluate(model, data, Request("all", 12, 4, baseline=False, seed=seed), lambda *_: None)
        assert found.replies is not None
        return found.levels, found.responses, found.replies.chrf, found.replies.samples

    assert figures(1) == figures(1) != figures(2)


def test_dialogues_are_read_with_their_earlier_turns(trained: Path, tmp_path: Path) -> None:
    lines = [
        {"turns": [{"question": f"{word} 때문에", "label": label, "response": "네"} for word in ("잠", "일")]}
        for label in LABELS
    ]
    path = tmp_path / "dialogues.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    evaluation = evaluate(
        ModelDirectory.load(trained), read_data([path]), Request("all", replies=4), lambda *_: None
    )
    assert evaluation.rows == 8
    assert evaluation.responses is not None
    assert evaluation.responses.characters == 8


def test_models_that_cannot_be_measured_say_so(trained: Path, tmp_path: Path) -> None:
    data = read_data([trained.parent / "rows.csv"])
    folder = tmp_path / "model"
    shutil.copytree(trained, folder)
    card = json.loads((folder / "counsel.json").read_text("utf-8"))
    for labels, told in (({}, "labels"), ({**card["labels"], "가나다라 " * 60: 1}, "문맥")):
        content = {
            **card,
            "topic_experts": {},
            "labels": {label.strip(): number for label, number in labels.items()},
        }
        (folder / "counsel.json").write_text(json.dumps(content), "utf-8")
        with pytest.raises(CounselError, match=told):
            evaluate(ModelDirectory.load(folder), data, Request("all", replies=0), lambda *_: None)


def test_no_tensorflow() -> None:
    code = (
        "import sys, train.evaluation.evaluate, train.evaluation.page; sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


WELLNESS = [
    f"{a}/{b}/{c}"
    for a in ("감정", "증상", "현재상태")
    for b in ("불안", "두려움", "무기력")
    for c in "가나다라마"
]


@pytest.fixture(params=["ko", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    choose(request.param)
    yield request.param
    choose("ko")


@pytest.mark.parametrize("width", [80, 120])
def test_the_terminal_page_keeps_to_its_width(language: str, width: int, measured: Evaluation) -> None:
    for evaluation in (measured, made_up(WELLNESS), made_up(["가"], baseline=False)):
        page = terminal(evaluation, width)
        assert max(map(cell_len, page.splitlines())) <= width
        for level in evaluation.levels:  # nothing is cut off
            assert f"{100 * level.scores.accuracy:.1f} %" in page
            assert f" {level.calibration.error:.3f}" in page
    assert ("Topics" in page) == (language == "en")


def test_the_page_needs_nothing_else(measured: Evaluation) -> None:
    for evaluation in (measured, made_up(WELLNESS)):
        content = write_page(evaluation)
        page = parse(content)
        assert not {"script", "link", "img", "iframe", "object"} & set(page.elements)
        assert "//" not in content.replace("<!doctype", "")
        assert "url(" not in content
        assert page.elements["svg"] == len(plots(evaluation)) == 2 * len(evaluation.levels)


def test_the_page_is_english_too() -> None:
    choose("en")
    try:
        evaluation = made_up(["daily", "parting/first"])
        assert evaluation.replies is not None
        replies = replace(evaluation.replies, samples=[])
        content = write_page(replace(evaluation, notes=[], replies=replies))
    finally:
        choose("ko")
    assert '<html lang="en">' in content
    assert not re.search("[가-힣]", content)


def test_texts_are_escaped_and_numbers_hidden() -> None:
    evaluation = made_up([NASTY, "일상"])
    content = write_page(evaluation)
    assert "b" not in parse(content).elements
    assert NASTY in parse(content).text
    assert all("<b>" not in standalone(plot, "Noto") for plot in plots(evaluation))
    assert "1234-5678" not in content
    assert "1234-5678" not in terminal(evaluation, 80)


@settings(max_examples=25)
@given(
    st.lists(
        st.text(st.sampled_from("가나다/ -"), min_size=1, max_size=9), min_size=1, max_size=60, unique=True
    )
)
def test_any_labels_can_be_shown(labels: list[str]) -> None:
    evaluation = made_up(labels)
    parse(write_page(evaluation))
    assert terminal(evaluation, 80)
    assert all(isinstance(level, Level) for level in evaluation.levels)
