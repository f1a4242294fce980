"""Files with bytes changed: whatever is read from them, it is numbers or one line."""

from pathlib import Path

from hypothesis import strategies

from engine.checkpoint import Geometry
from engine.errors import ModelError
from tests.train.checkpoints import TINY
from train.weights.folder import FORMATS

SHAPES = Geometry.read(TINY / "config.json").shapes()
HEAD = 7000  # bytes at either end of a file where its structure lies

changes = strategies.lists(
    strategies.tuples(
        strategies.one_of(strategies.integers(-HEAD, HEAD), strategies.integers(0, 150_000)),
        strategies.one_of(strategies.integers(0, 255), strategies.sampled_from([0, 0x7F, 0x80, 0xFF])),
    ),
    min_size=1,
    max_size=6,
)
lengths = strategies.one_of(strategies.none(), strategies.integers(0, 150_000))


def read_damaged(path: Path, changed: list[tuple[int, int]], length: int | None, folder: Path) -> None:
    """Read every tensor of a damaged copy; only a ModelError may come, of one short line that names the file."""
    content = bytearray(path.read_bytes())
    for position, byte in changed:
        content[position % len(content)] = byte
    damaged = folder / path.name
    damaged.write_bytes(content[:length])
    try:
        tensors = FORMATS[path.name](damaged)
        for name, shape in SHAPES.items():
            if name in tensors and tensors[name].shape == shape:
                assert tensors[name].read().shape == shape
    except ModelError as error:
        message = str(error)
        assert path.name in message
        assert "\n" not in message
        assert len(message) < len(str(damaged)) + 250
