"""What `counsel train` writes."""

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from engine import CounselError, Engine, Sampling
from engine.checkpoint import sha256
from engine.known_replies import KnownReply
from engine.model_directory import ModelDirectory, Replies
from tests.conftest import FIXTURES, LABELS, example_rows, write_csv
from train.ablation import compare_balances
from train.base import Base, open_base
from train.checkpoint import check_out, replacing
from train.events import Epoch, Event, Plan, Step
from train.fine_tune import fine_tune
from train.interrupts import InterruptedTraining
from train.preparation import Request, prepare
from train.rows.data import read_data
from train.rows.lexicon import read_lexicon
from train.rows.reading import DataError
from train.sequences.noise import Noise
from train.settings import Counted, Settings
from train.watching.metrics import read_metrics


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    return Request(
        data=read_data([write_csv(tmp_path / "rows.csv", example_rows())]),
        out=tmp_path / "out",
        base=None,
        size="tiny",
        settings=Settings(epochs=1, batch_size=16, learning_rate=1e-3),
        dropout=0.0,
        validation_share=0.25,
    )


def test_the_directory_is_what_the_design_says(trained: Path) -> None:
    names = {path.name for path in trained.iterdir()}
    assert names == {
        "config.json", "generation_config.json", "model.safetensors", "tokenizer.json",
        "tokenizer_config.json", "counsel.json", "responses.jsonl", "README.md", "train.toml", "metrics.jsonl",
        "topics.safetensors",
    }  # fmt: skip
    card = json.loads((trained / "counsel.json").read_text())
    assert card["schema"] == 1
    assert set(card["labels"]) == set(LABELS)
    assert sum(card["labels"].values()) == 58
    assert card["trained_on"] == [
        {
            "file": "rows.csv",
            "sha256": sha256(trained.parent / "rows.csv"),
            "rows": 58,
            "validation_rows": 6,
            "test_rows": 0,
            "responses": "own",
        }
    ]
    assert card["tested_on"] == []
    assert {"head", "ngrams"} <= set(card["topic_experts"]) <= {"tokens", "head", "ngrams"}
    assert set(card["training"]["splits"]) == {"training", "validation", "test"}
    assert card["training"]["configuration"]["balance"] == 0.5
    assert card["context_turns"] == 0
    assert card["sha256"] == {name: sha256(trained / name) for name in names - {"counsel.json"}}
    (quality,) = card["quantization"]
    assert quality["fp32_loss"] == pytest.approx(card["metrics"]["validation_loss"], rel=1e-3)
    assert (card["precision"], quality["precision"], quality["rows"]) == ("int8", "int8", 6)
    assert f"| int8 | {quality['loss']:.4f} |" in (trained / "README.md").read_text()
    responses = [json.loads(line) for line in (trained / "responses.jsonl").read_text().splitlines()]
    assert {"label": "증상/불면", "text": "잠 이야기를 더 들려주세요."} in responses
    assert len(responses) == 4


def test_real_transformers_reads_it(trained: Path) -> None:
    from transformers import AutoConfig, AutoTokenizer, GenerationConfig

    config, tokenizer = AutoConfig.from_pretrained(trained), AutoTokenizer.from_pretrained(trained)
    model = ModelDirectory.load(trained)
    assert (config.model_type, config.n_layer, config.vocab_size) == ("gpt2", 2, model.geometry.vocab_size)
    line = "</s><unused0>요즘 잠이 안 와요<unused1>증상/불면<unused2>괜찮아요</s>"
    assert (
        tokenizer.encode(line)
        == model.codec.training_sequence("요즘 잠이 안 와요", "증상/불면", "괜찮아요")[0]
    )
    assert (
        tokenizer.eos_token_id == GenerationConfig.from_pretrained(trained).eos_token_id == model.codec.eos_id
    )
    assert set(load_file(trained / "model.safetensors")) == set(model.geometry.shapes())


def test_it_reports_as_it_goes(request_: Request) -> None:
    seen: list[Event] = []
    fine_tune(replace(request_, settings=replace(request_.settings, epochs=2)), seen.append)
    plan = seen[0]
    assert isinstance(plan, Plan)
    assert (plan.rows, plan.validation_rows, plan.labels) == (48, 16, 4)
    epochs = [event for event in seen if isinstance(event, Epoch)]
    assert [epoch.number for epoch in epochs] == [1, 2]
    assert epochs[1].loss < epochs[0].loss
    assert epochs[1].validation_loss is not None
    assert len([event for event in seen if isinstance(event, Step)]) == 2 * plan.steps_per_epoch


def test_a_base_checkpoint_is_where_training_starts(request_: Request) -> None:
    base = open_base(str(FIXTURES / "tiny-gpt2"))
    nearly_nothing = replace(request_.settings, learning_rate=1e-9)
    fine_tune(replace(request_, base=base, settings=nearly_nothing), lambda _: None)
    before, after = load_file(base.path / "model.safetensors"), load_file(request_.out / "model.safetensors")
    for name, tensor in after.items():
        np.testing.assert_allclose(tensor, before[name], atol=1e-5)
    assert ModelDirectory.load(request_.out).labels.keys() == set(LABELS)


def test_a_trained_model_can_be_trained_on(request_: Request, trained: Path) -> None:
    """Half precision in between costs nothing that a person would notice."""
    gently = replace(request_.settings, learning_rate=1e-6)
    fine_tune(
        replace(request_, base=open_base(str(trained)), precision="float16", settings=gently),
        lambda _: None,
    )
    assert load_file(request_.out / "model.safetensors")["transformer.wte.weight"].dtype == np.float16
    with Engine.load(request_.out) as engine:
        reply = engine.reply("요즘 잠 때문에 힘들어", sampling=Sampling(temperature=0.0))
    assert (reply.topic, reply.text) == ("증상/불면", "잠 이야기를 더 들려주세요.")


def test_without_held_out_rows_nothing_is_claimed_of_the_graph(request_: Request) -> None:
    fine_tune(replace(request_, validation_share=0.0), lambda _: None)
    card = json.loads((request_.out / "counsel.json").read_text())
    assert (card["precision"], card["quantization"]) == ("int8", [])
    assert "int8, which was not checked against fp32" in (request_.out / "README.md").read_text()


def test_a_graph_that_cannot_be_stored_costs_no_training(
    request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(request_.data.files[0].path))  # a file
    fine_tune(request_, lambda _: None)
    card = ModelDirectory.load(request_.out).card
    assert card["quantization"] == []
    assert card["topic_experts"]


def test_what_is_there_is_not_lost(tmp_path: Path, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    check_out(out, overwrite=False)
    out.mkdir()
    check_out(out, overwrite=False)  # an empty folder holds nothing to lose
    (out / "diary.txt").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(CounselError, match="out"):
            check_out(out, overwrite)
    with pytest.raises(CounselError, match="--overwrite"):
        check_out(trained, overwrite=False)
    check_out(trained, overwrite=True)
    with pytest.raises(CounselError, match=r"diary\.txt"):
        check_out(out / "diary.txt" / "model", overwrite=False)
    monkeypatch.chdir(out)
    with pytest.raises(CounselError, match="out"):
        check_out(out, overwrite=True)


def test_a_new_model_takes_the_place_of_the_old(request_: Request) -> None:
    fine_tune(request_, lambda _: None)
    fine_tune(replace(request_, name="second", keep_responses=False), lambda _: None, overwrite=True)
    assert ModelDirectory.load(request_.out).name == "second"
    assert not (request_.out / "responses.jsonl").exists()
    assert [path.name for path in request_.out.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("held", ["train.topic_experts.learn_ngrams", "engine.quantization.choose"])
def test_interrupted_after_the_loop_there_is_no_model_yet_and_a_way_to_finish_it(
    request_: Request, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, held: str
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        signal.raise_signal(number)

    with monkeypatch.context() as patched:
        patched.setattr(held, interrupt)
        with pytest.raises(InterruptedTraining, match="--resume"):
            fine_tune(request_, lambda _: None)
    assert {path.name for path in request_.out.parent.iterdir()} == {"rows.csv", "out.run"}
    seen: list[Event] = []
    fine_tune(request_, seen.append, resume=True)
    assert not [event for event in seen if isinstance(event, Step)]
    model = ModelDirectory.load(request_.out)
    assert model.experts is not None
    assert model.card["quantization"]


def test_the_options_of_a_run_are_written_anew_only_where_they_changed(request_: Request) -> None:
    def go_on(configuration: str, resume: bool = True) -> tuple[str, int]:
        fine_tune(replace(request_, configuration=configuration), lambda _: None, resume)
        path = request_.run_folder / "train.toml"
        return path.read_text(), path.stat().st_ino

    first = go_on("seed = 0\n", resume=False)
    assert go_on("seed = 0\n") == first
    assert go_on("seed = 0\nepochs = 1\n")[0] == "seed = 0\nepochs = 1\n"
    assert not [*request_.run_folder.glob("*.new"), *request_.run_folder.glob(".*")]


# What is killed while it writes; the second time between putting the old folder away and the new one in its place.
KILLED = """
import os, signal, sys
from pathlib import Path
from train.checkpoint import replacing

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

out = Path(sys.argv[1])
with replacing(out) as folder:
    (folder / "half").touch()
    rename = Path.rename
    Path.rename = lambda path, target: die() if target == out else rename(path, target)
    if sys.argv[2] == "writing":
        die()
"""


@pytest.mark.parametrize("moment", ["writing", "replacing"])
def test_a_kill_while_the_folder_is_replaced_loses_nothing_and_leaves_nothing(
    tmp_path: Path, moment: str
) -> None:
    out = tmp_path / "model"
    out.mkdir()
    (out / "old").touch()
    done = subprocess.run([sys.executable, "-c", KILLED, str(out), moment], check=False)
    assert done.returncode == -signal.SIGKILL
    with replacing(out) as folder:
        assert [path.name for path in out.iterdir()] == ["old"]
        (folder / "new").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert [path.name for path in out.iterdir()] == ["new"]


def scaled_base(folder: Path, **factors: float) -> Base:
    """The tiny checkpoint with some tensors multiplied, or a head of its own."""
    shutil.copytree(FIXTURES / "tiny-gpt2", folder)
    tensors = load_file(folder / "model.safetensors")
    source = "transformer.wte.weight"
    for name, factor in factors.items():
        tensors[{"head": "lm_head.weight", "embedding": source}[name]] = tensors[source] * np.float32(factor)
    save_file(tensors, folder / "model.safetensors")
    return open_base(str(folder))


def test_a_failure_leaves_the_old_model_and_nothing_else(request_: Request, tmp_path: Path) -> None:
    fine_tune(request_, lambda _: None)
    before = sha256(request_.out / "model.safetensors")
    broken = replace(request_, base=scaled_base(tmp_path / "base", embedding=1e30))  # logits exceed float32
    with pytest.raises(CounselError, match=r"^1단계.*rows\.csv, \d+행, .*--learning-rate"):
        fine_tune(broken, lambda _: None, overwrite=True)
    assert sha256(request_.out / "model.safetensors") == before
    assert [path.name for path in request_.out.parent.iterdir() if path.name.startswith(".")] == []


def test_labels_that_the_tokenizer_cannot_tell_apart_are_refused_at_once(
    request_: Request, tmp_path: Path
) -> None:
    data = read_data(
        [write_csv(tmp_path / "labels.csv", [("가▁나", "안녕", "네"), ("가 나", "잘 가", "네")])]
    )
    seen: list[object] = []
    with pytest.raises(CounselError, match=r"labels\.csv.*가"):
        fine_tune(replace(request_, data=data, validation_share=0.0), seen.append)
    assert seen == []


def test_every_label_keeps_a_row_to_learn_from(request_: Request, tmp_path: Path) -> None:
    rows = [(f"라벨{number}", f"말 {number}", "네") for number in range(20)]
    data = read_data([write_csv(tmp_path / "labels.csv", rows)])
    fine_tune(replace(request_, data=data, validation_share=0.5), lambda _: None)
    assert len(ModelDirectory.load(request_.out).labels) == 20


def test_a_response_that_exceeds_the_context_is_named(request_: Request, tmp_path: Path) -> None:
    data = read_data([write_csv(tmp_path / "long.csv", [("가", "안녕", "말 " * 300)])])
    with pytest.raises(DataError, match=r"long\.csv, 2행.*말 말"):
        fine_tune(replace(request_, data=data), lambda _: None)
    data = read_data([write_csv(tmp_path / "question.csv", [("가", "안녕 " * 300, "네")])])
    fine_tune(replace(request_, data=data, validation_share=0.0), lambda _: None)  # a long question is cut


def test_a_base_with_a_head_of_its_own_is_refused(request_: Request, tmp_path: Path) -> None:
    with pytest.raises(CounselError, match=r"base.*lm_head"):
        fine_tune(replace(request_, base=scaled_base(tmp_path / "base", head=2.0)), lambda _: None)


def test_a_test_set_is_measured_and_recorded(request_: Request, tmp_path: Path) -> None:
    own = read_data(
        [write_csv(tmp_path / "own.csv", [("일상", "점심 먹었어요", "점심 이야기를 더 들려주세요.")])]
    )
    fine_tune(replace(request_, test=own), lambda _: None)
    card = ModelDirectory.load(request_.out).card
    assert [(file["file"], file["test_rows"]) for file in card["tested_on"]] == [("own.csv", 1)]
    assert card["metrics"]["test_loss"] > 0
    assert "own.csv" in (request_.out / "README.md").read_text()
    fine_tune(replace(request_, test_share=0.25), lambda _: None, overwrite=True)
    card = ModelDirectory.load(request_.out).card
    assert [(file["rows"], file["validation_rows"], file["test_rows"]) for file in card["trained_on"]] == [
        (32, 16, 16)
    ]


@pytest.mark.parametrize(
    ("counted", "replies", "told"),
    [
        ("target", "free", ("on label, response and the closing token only", "Its replies are sampled")),
        ("text", "known", ("on every token of question, label and response", "Its replies are chosen")),
    ],
)
def test_the_card_tells_what_was_learnt_and_what_is_said(
    request_: Request, counted: Counted, replies: Replies, told: tuple[str, str]
) -> None:
    settings = replace(request_.settings, counted=counted, epochs=1)
    fine_tune(replace(request_, settings=settings, replies=replies), lambda _: None)
    card = " ".join((request_.out / "README.md").read_text().split())
    assert all(part in card for part in told)


def test_a_lexicon_teaches_words_that_no_row_has(request_: Request, tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    path.write_text("구분,유저\n일상,붕어빵\n일상,붕어빵 사기\n증상/불면,뜬눈으로\n증상/불면,뜬눈\n", "utf-8")
    lexicon = read_lexicon(path, LABELS)
    fine_tune(replace(request_, lexicon=lexicon), lambda _: None)
    with Engine.load(request_.out) as engine:
        assert engine.topics("붕어빵 먹을까").chosen == "일상"
        assert engine.topics("뜬눈으로 보냈어").chosen == "증상/불면"
    card = json.loads((request_.out / "counsel.json").read_text("utf-8"))
    assert [(file["file"], file["entries"]) for file in card["lexicon"]] == [("words.csv", 4)]
    assert "words.csv" in (request_.out / "README.md").read_text()


def test_an_entry_that_is_held_out_as_an_utterance_is_not_learnt(request_: Request, tmp_path: Path) -> None:
    rows = [(label, question, "") for label, question, _ in example_rows()]
    everything = read_lexicon(write_csv(tmp_path / "words.csv", rows), LABELS)
    prepared = prepare(replace(request_, lexicon=everything))
    held_out = {row.question for row in prepared.split.validation}
    assert held_out
    assert {row.question for row in prepared.lexicon} == {question for _, question, _ in rows} - held_out


def test_dialogues_are_trained_with_their_earlier_turns(request_: Request, tmp_path: Path) -> None:
    path = tmp_path / "talks.csv"
    lines = [f"{talk},{turn},가,말 {talk} {turn},답 {turn}" for talk in range(8) for turn in (1, 2, 3)]
    path.write_text("\n".join(["대화,턴,구분,유저,챗봇", *lines]) + "\n", "utf-8")
    fine_tune(replace(request_, data=read_data([path]), context_turns=2), lambda _: None)
    model = ModelDirectory.load(request_.out)
    assert model.context_turns == 2
    with Engine.load(request_.out) as engine:
        engine.reply("말 1 1")


def test_lines_are_new_in_each_epoch_and_those_held_out_are_not(request_: Request) -> None:
    noisy = replace(request_, noise=Noise(1.0, 1.0, 1.0, 1.0, 1.0))
    prepared, again = prepare(noisy), prepare(noisy)
    assert prepared.epochs.lines(1) == again.epochs.lines(1) != prepared.epochs.lines(2)
    known = {row.question for row in request_.data.rows}
    assert not any(pair.row.question in known for pair in prepared.epochs.pairs(1))
    plain = prepare(request_)
    assert prepared.split == plain.split
    assert prepared.sampler.fixed(prepared.split.validation) == plain.sampler.fixed(plain.split.validation)
    assert all(pair.row.question in known for pair in plain.epochs.pairs(1))


def test_only_rare_labels_are_varied(request_: Request, tmp_path: Path) -> None:
    rows = [("흔한", f"흔한 말 {number} 입니다", "네") for number in range(9)] + [
        ("드문", "드문 말 이에요", "네")
    ]
    data = read_data(
        [
            write_csv(
                tmp_path / "tail.csv", [*rows, ("그저", "그저 그런 말", "네"), ("그저", "또 그런 말", "네")]
            )
        ]
    )
    prepared = prepare(
        replace(request_, data=data, validation_share=0.0, balance=0.0, noise=Noise(spacing=1.0))
    )
    known = {row.question for row in data.rows}
    assert {pair.row.label for pair in prepared.epochs.pairs(1) if pair.row.question not in known} == {
        "드문",
        "그저",
    }


def test_all_pairs_are_lines(request_: Request, tmp_path: Path) -> None:
    rows = [("가", "하나", "답1"), ("가", "둘", "답2"), ("가", "셋", ""), ("나", "넷", "")]
    data = read_data([write_csv(tmp_path / "shared.csv", rows)])
    wanted = replace(request_, data=data, validation_share=0.0, responses="all")
    epochs = prepare(wanted).epochs
    assert len(epochs) == len(epochs.lines(1)) == len(epochs.lines(2)) == 7
    assert sorted(set(epochs.responses())) == [("가", KnownReply("답1")), ("가", KnownReply("답2"))]
    fine_tune(wanted, lambda _: None)


def test_balances_are_compared_and_nothing_is_written(request_: Request) -> None:
    table = compare_balances(request_, (0.0, 1.0), lambda _: None)
    header, rule, *rows = table.split("\n")
    assert header.count("|") == rule.count("|") == 11
    assert [row.split("|")[1].strip() for row in rows] == ["0", "1"]
    assert not request_.out.exists()
    with pytest.raises(CounselError, match="--validation"):
        compare_balances(replace(request_, validation_share=0.0), (0.0,), lambda _: None)


def test_checkpoints_are_neither_overwritten_nor_taken_for_those_of_other_rows(
    request_: Request, tmp_path: Path
) -> None:
    short = replace(request_, settings=replace(request_.settings, max_steps=1))
    fine_tune(short, lambda _: None)
    with pytest.raises(CounselError, match=r"out\.run.*--resume.*--overwrite"):
        fine_tune(short, lambda _: None)
    rows = example_rows()
    changed = [*rows[:-1], (rows[-1][0], rows[-1][1], "다른 응답이에요.")]
    others = {
        "lines": replace(short, data=read_data([write_csv(tmp_path / "replies.csv", changed)])),
        "training_rows": replace(short, data=read_data([write_csv(tmp_path / "fewer.csv", rows[:-4])])),
        "dropout": replace(short, dropout=0.3),
        "label_weight": replace(short, settings=replace(short.settings, label_weight=2.0)),
    }
    for name, other in others.items():
        with pytest.raises(CounselError, match=rf"step-00000001.*{name}.*--overwrite"):
            fine_tune(other, lambda _: None, resume=True)
    seen: list[Event] = []
    fine_tune(request_, seen.append, resume=True)
    assert [event.total for event in seen if isinstance(event, Step)] == [2, 3]
    recorded = read_metrics(request_.out / "metrics.jsonl")  # as that of a run in one go
    assert [type(record) for record in recorded] == [Step, Step, Step, Epoch]


def test_lora_writes_an_ordinary_model(request_: Request) -> None:
    wanted = replace(request_, settings=replace(request_.settings, lora_rank=2, learning_rate=1e-2))
    fine_tune(replace(wanted, base=open_base(str(FIXTURES / "tiny-gpt2"))), lambda _: None)
    model = ModelDirectory.load(request_.out)
    tensors = load_file(request_.out / "model.safetensors")
    assert {name: array.shape for name, array in tensors.items()} == model.geometry.shapes()
    before = load_file(FIXTURES / "tiny-gpt2" / "model.safetensors")
    changed = {name for name, array in tensors.items() if not np.array_equal(array, before[name])}
    dense = ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")
    assert changed == {f"transformer.h.{layer}.{name}.weight" for layer in (0, 1) for name in dense}
    (quality,) = model.card["quantization"]  # measured by the engine, from the file
    assert quality["fp32_loss"] == pytest.approx(model.card["metrics"]["validation_loss"], rel=1e-3)
