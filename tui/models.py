"""The model directories that the palette offers."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine import locations


def known_models(used: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield the path and the name of every model that is known, each once.

    Args:
        used: those that were opened before; besides, the shipped one and all in the data folder are known.
    """
    from engine.model_directory import SHIPPED  # brings tokenizers, which the first paint does not wait for

    folder = locations.models()
    own = sorted(folder.iterdir()) if folder.is_dir() else []
    seen = set()
    for path in (SHIPPED, *used, *own):
        if path.resolve() not in seen and (path / "config.json").is_file():
            seen.add(path.resolve())
            yield path, _name(path)


def _name(path: Path) -> str:
    """Return what a model calls itself; a damaged one says what is wrong when it is opened."""
    try:
        name = json.loads((path / "counsel.json").read_text("utf-8"))["name"]
    except (OSError, ValueError, KeyError, TypeError):
        return path.resolve().name
    return str(name)
