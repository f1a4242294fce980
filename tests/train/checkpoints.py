"""Checkpoints of every format in folders of their own, for the tests (see bench/golden_checkpoints.py)."""

import json
import shutil
from pathlib import Path
from typing import Any

from tests.conftest import FIXTURES

TINY = FIXTURES / "tiny-gpt2"
FORMATS = sorted(path.name for path in (FIXTURES / "checkpoints").iterdir())


def copy_checkpoint(name: str, folder: Path, tokenizer: bool = True, **config: Any) -> Path:
    """Copy a fixture, with the configuration that its library wrote (or torch's, which writes none) and the tokenizer."""
    shutil.copytree(FIXTURES / "checkpoints" / name, folder)
    source = folder if (folder / "config.json").exists() else TINY
    content = {**json.loads((source / "config.json").read_text()), **config}
    (folder / "config.json").write_text(json.dumps(content))
    if tokenizer:
        shutil.copy(TINY / "tokenizer.json", folder)
    return folder
