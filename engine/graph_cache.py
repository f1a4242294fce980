"""Graphs on disk, under the hash of the weights that they were built from."""

import hashlib
import tempfile
from pathlib import Path

from engine import graph, locations
from engine.errors import ModelError
from engine.language import text
from engine.model_directory import ModelDirectory

_DIGEST_BYTES = hashlib.sha256().digest_size


def get_graph(
    model: ModelDirectory, precision: graph.Precision, length: int, tokens: tuple[int, ...]
) -> Path:
    """Return the file of a model's graph, building it if it is missing or damaged.

    The file ends with the SHA-256 of all before it, which LiteRT does not read.

    Raises:
        ModelError: the file cannot be written.
    """
    origin = f"{model.sha256} {model.geometry} {precision} {length} {tokens} {graph.VERSION}"
    path = locations.graph_cache() / f"{hashlib.sha256(origin.encode()).hexdigest()[:40]}.tflite"
    if not _is_intact(path):
        content = graph.build(model.weights, model.geometry, precision, length, tokens)
        try:
            _write(path, content + hashlib.sha256(content).digest())
        except OSError as error:
            raise ModelError(
                text(
                    f"{path}: 그래프를 저장할 수 없습니다({error.strerror}). 쓰기 권한과 여유 공간을 확인하거나 XDG_CACHE_HOME을 바꾸세요.",
                    f"{path}: the graph cannot be saved ({error.strerror}). Check space and permissions, or name another folder by XDG_CACHE_HOME.",
                )
            ) from error
    return path


def _is_intact(path: Path) -> bool:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            content = path.stat().st_size - _DIGEST_BYTES
            while content > 0 and (chunk := file.read(min(content, 1 << 20))):
                digest.update(chunk)
                content -= len(chunk)
            return digest.digest() == file.read()
    except OSError:  # missing, or another user's: a new one is built
        return False


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as workshop:
        temporary = Path(workshop) / path.name
        temporary.write_bytes(content)
        temporary.replace(path)
