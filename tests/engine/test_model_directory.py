"""A directory that cannot be used is refused with the file and the remedy."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.numpy import load_file, save_file

from engine import CounselError, Engine, ModelError
from tests.conftest import FIXTURES


def edit_json(name: str, **changes: object) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        content = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps({**content, **changes}))

    return edit


def truncate(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-100])


def drop_tensor(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    del tensors["transformer.h.1.ln_2.bias"]
    save_file(tensors, folder / "model.safetensors")


def rename_token(folder: Path) -> None:
    path = folder / "tokenizer.json"
    path.write_text(path.read_text().replace("<unused1>", "<renamed>"))


def poison(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    tensors["transformer.h.0.mlp.c_fc.weight"][3, 3] = float("nan")
    save_file(tensors, folder / "model.safetensors")


def whole_numbers(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    save_file({name: tensor.astype("int8") for name, tensor in tensors.items()}, folder / "model.safetensors")


def card(**parts: object) -> Callable[[Path], object]:
    content = {"schema": 1, "labels": {}, "template": {}, **parts}
    return lambda folder: (folder / "counsel.json").write_text(json.dumps(content))


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no folder": (shutil.rmtree, "폴더"),
    "no config": (lambda folder: (folder / "config.json").unlink(), "config.json"),
    "config is no json": (lambda folder: (folder / "config.json").write_text("{"), "config.json"),
    "config is a list": (lambda folder: (folder / "config.json").write_text("[]"), "config.json"),
    "another architecture": (edit_json("config.json", model_type="llama"), "config.json.*llama"),
    "wrong width": (edit_json("config.json", n_embd=64), "model.safetensors.*wte.weight"),
    "heads do not divide": (edit_json("config.json", n_head=5), "config.json"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "model.safetensors"),
    "truncated weights": (truncate("model.safetensors"), "model.safetensors"),
    "empty weights": (lambda folder: (folder / "model.safetensors").write_bytes(b""), "model.safetensors"),
    "a tensor is missing": (drop_tensor, r"model.safetensors.*h\.1\.ln_2\.bias"),
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").unlink(), "tokenizer.json"),
    "truncated tokenizer": (truncate("tokenizer.json"), "tokenizer.json"),
    "tokenizer of another kind": (
        lambda folder: (folder / "tokenizer.json").write_text("{}"),
        "tokenizer.json",
    ),
    "a token is missing": (rename_token, "tokenizer.json.*<unused1>"),
    "width is null": (edit_json("config.json", n_embd=None), "config.json"),
    "epsilon is null": (edit_json("config.json", layer_norm_epsilon=None), "config.json"),
    "layers are a truth value": (edit_json("config.json", n_layer=True), "config.json.*n_layer"),
    "attention is not scaled": (edit_json("config.json", scale_attn_weights=False), "config.json"),
    "config is nested too deeply": (
        lambda folder: (folder / "config.json").write_text("[" * 100_000),
        "config.json",
    ),
    "template repeats a token": (card(template={"label": "<unused2>"}), "tokenizer.json"),
    "weights with NaN": (poison, r"model.safetensors.*h\.0\.mlp\.c_fc"),
    "weights of whole numbers": (whole_numbers, "model.safetensors.*I8"),
    "card of the future": (card(schema=99), "counsel.json.*schema"),
    "labels are a list": (card(labels=[]), "counsel.json.*labels"),
    "labels steer the terminal": (card(labels={"\x1b[31m": 1}), "counsel.json.*labels"),
    "template holds a number": (card(template={"bos": 3}), "counsel.json.*template"),
    "template has an unknown part": (card(template={"intro": "x"}), "counsel.json.*template"),
    "hashes are null": (card(sha256=None), "counsel.json.*sha256"),
    "sampling is a list": (card(sampling=[]), "counsel.json.*sampling"),
    "sampling is too hot": (card(sampling={"temperature": 9}), "counsel.json.*temperature"),
    "weights are not those of the card": (
        card(sha256={"model.safetensors": "00"}),
        "model.safetensors.*sha256",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_is_wrong_is_named_in_one_line(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(FIXTURES / "tiny-gpt2", folder)
    damage, expected = DAMAGES[name]
    damage(folder)
    with pytest.raises(ModelError, match=expected) as caught:
        Engine.load(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert str(folder) in message


def test_a_bare_gpt2_without_the_prefix_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(FIXTURES / "tiny-gpt2", folder)
    tensors = load_file(folder / "model.safetensors")
    save_file({n.removeprefix("transformer."): t for n, t in tensors.items()}, folder / "model.safetensors")
    with Engine.load(folder, "fp32") as bare, Engine.load(FIXTURES / "tiny-gpt2", "fp32") as whole:
        assert bare.reply("안녕", seed=1).token_ids == whole.reply("안녕", seed=1).token_ids


def test_weights_that_overflow_are_refused_when_they_are_used(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(FIXTURES / "tiny-gpt2", folder)
    tensors = load_file(folder / "model.safetensors")
    save_file({name: tensor * 1e30 for name, tensor in tensors.items()}, folder / "model.safetensors")
    with pytest.raises(ModelError, match=r"model\.safetensors"), Engine.load(folder) as engine:
        engine.reply("안녕")


def test_half_precisions_are_read(tmp_path: Path) -> None:
    import ml_dtypes
    import numpy as np

    tensors = load_file(FIXTURES / "tiny-gpt2" / "model.safetensors")
    for kind in (np.float16, ml_dtypes.bfloat16):
        folder = tmp_path / np.dtype(kind).name
        shutil.copytree(FIXTURES / "tiny-gpt2", folder)
        save_file(
            {name: tensor.astype(kind) for name, tensor in tensors.items()}, folder / "model.safetensors"
        )
        with Engine.load(folder) as engine:
            assert engine.reply("안녕", seed=1).token_ids


@pytest.mark.parametrize("context", range(1, 48))
def test_a_short_context_answers_or_says_that_it_cannot(tmp_path: Path, context: int) -> None:
    folder = tmp_path / "model"
    shutil.copytree(FIXTURES / "tiny-gpt2", folder)
    edit_json("config.json", n_positions=context)(folder)
    tensors = load_file(folder / "model.safetensors")
    tensors["transformer.wpe.weight"] = tensors["transformer.wpe.weight"][:context].copy()
    save_file(tensors, folder / "model.safetensors")
    with Engine.load(folder) as engine:
        try:
            assert len(engine.reply("오늘은 마음이 무거워요 " * 9, seed=1).token_ids) <= context
        except CounselError as error:
            assert context <= 21
            assert "model" in str(error)  # noqa: PT017
