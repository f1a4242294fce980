"""Downloads from a real server that speaks the hub's protocol, and what is said when there is none."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import constants

from engine.errors import CounselError
from engine.model_directory import ModelDirectory
from tests.conftest import FIXTURES
from tests.train.checkpoints import TINY
from tests.train.hub import COMMIT, GATED, REPOSITORY, Hub, serving
from train.base import open_base

# What KoGPT2's page holds, and more that nobody needs.
FILES = {
    "config.json": (TINY / "config.json").read_bytes(),
    "tokenizer.json": (TINY / "tokenizer.json").read_bytes(),
    "pytorch_model.bin": (FIXTURES / "checkpoints" / "torch-pickle" / "pytorch_model.bin").read_bytes(),
    "flax_model.msgpack": (FIXTURES / "checkpoints" / "flax" / "flax_model.msgpack").read_bytes(),
    "README.md": b"# A model",
}


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    with serving(FILES) as hub:
        _connect(monkeypatch, hub.url)
        yield hub


def _connect(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", url)
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


def _closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
    return port


def test_only_what_is_needed_is_downloaded_once(
    hub: Hub, tiny: ModelDirectory, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    base = open_base(REPOSITORY)
    assert base.identity == f"{REPOSITORY}@{COMMIT[:12]}"
    for name, tensor in base.tensors().items():
        np.testing.assert_array_equal(tensor, tiny.weights.tensor(name))
    fetched = {line.split("/")[-1] for line in hub.requests if line.startswith(f"GET /{REPOSITORY}/resolve/")}
    assert fetched == {"config.json", "tokenizer.json", "pytorch_model.bin"}
    assert REPOSITORY in capsys.readouterr().err
    hub.requests.clear()
    assert open_base(REPOSITORY).identity == base.identity
    assert open_base(REPOSITORY, revision="main").identity == base.identity
    assert open_base(REPOSITORY, revision=COMMIT).identity == base.identity
    assert hub.requests == []
    assert capsys.readouterr().err == ""
    _connect(monkeypatch, f"http://127.0.0.1:{_closed_port()}")
    assert open_base(REPOSITORY).identity == base.identity


def test_a_commit_and_shards(hub: Hub) -> None:
    folder = FIXTURES / "checkpoints" / "safetensors-shards"
    hub.files |= {path.name: path.read_bytes() for path in folder.iterdir()}
    base = open_base(REPOSITORY, revision=COMMIT)
    assert len(base.weights.files) == 3
    assert not any("pytorch_model" in request for request in hub.requests)
    hub.requests.clear()
    assert open_base(REPOSITORY, revision=COMMIT).weights.sha256 == base.weights.sha256
    assert hub.requests == []


def test_a_tokenizer_alone(hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "chatbot"
    folder.mkdir()
    (folder / "config.json").write_bytes(FILES["config.json"])
    (folder / "pytorch_model.bin").write_bytes(FILES["pytorch_model.bin"])
    base = open_base(str(folder), tokenizer=REPOSITORY)
    assert base.identity.startswith("chatbot@")
    fetched = {line.split("/")[-1] for line in hub.requests if "/resolve/" in line}
    assert fetched == {"tokenizer.json"}
    assert open_base(REPOSITORY).codec.vocab_size == base.codec.vocab_size  # now the weights are fetched too


def test_no_token_is_sent_but_the_one_that_was_given(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    login = tmp_path / "token"  # as `hf auth login` leaves it, for other programs
    login.write_text("hf_secret")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(login))
    open_base(REPOSITORY)
    assert hub.tokens == []
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "another"))
    monkeypatch.setenv("HF_TOKEN", "hf_mine")
    open_base(REPOSITORY)
    assert set(hub.tokens) == {"Bearer hf_mine"}


def test_without_network_it_says_what_to_do(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    _connect(monkeypatch, f"http://127.0.0.1:{_closed_port()}")
    start = time.monotonic()
    with pytest.raises(CounselError) as caught:
        open_base("skt/kogpt2-base-v2")
    assert time.monotonic() - start < 5
    message = str(caught.value)
    assert "hf download skt/kogpt2-base-v2 --local-dir kogpt2-base-v2" in message
    assert "--base kogpt2-base-v2" in message
    with pytest.raises(CounselError, match=f"--revision {COMMIT}"):
        open_base("skt/kogpt2-base-v2", revision=COMMIT)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    _connect(monkeypatch, hub.url)
    with pytest.raises(CounselError, match="hf download"):
        open_base("skt/kogpt2-base-v2")
    assert hub.requests == []


@pytest.mark.parametrize(
    ("name", "revision", "said"),
    [
        ("tester/unknown", None, "tester/unknown"),
        (REPOSITORY, "v9", "v9"),
        (REPOSITORY, "f" * 40, "f" * 40),
        (GATED, None, "HF_TOKEN"),
    ],
)
@pytest.mark.usefixtures("hub")
def test_what_the_hub_refuses_is_one_line(name: str, revision: str | None, said: str) -> None:
    with pytest.raises(CounselError) as caught:
        open_base(name, revision)
    assert said in str(caught.value)
    assert "hf download" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_in_trouble(hub: Hub) -> None:
    hub.failing = True
    with pytest.raises(CounselError, match="500"):
        open_base(REPOSITORY)


def test_a_repository_without_weights(hub: Hub) -> None:
    hub.files = {
        name: content for name, content in FILES.items() if name in ("config.json", "tokenizer.json")
    }
    with pytest.raises(CounselError, match=r"tf_model\.h5"):
        open_base(REPOSITORY, revision=COMMIT)
    hub.files = {"README.md": b"# Nothing"}
    with pytest.raises(CounselError, match=r"config\.json"):
        open_base(REPOSITORY)
