"""Put a trained model into the package, as the one that is shipped.

    counsel evaluate DIR train/corpus --split test --json FIGURES.json
    python -m bench.ship DIR FIGURES.json

Leaves out `train.toml`, which names the paths of the machine that trained it, and `metrics.jsonl`; puts the figures of
the evaluation into its card.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import click

from engine.checkpoint import sha256
from engine.model_directory import CARD_FILE, SHIPPED, ModelDirectory
from train.card import write_card
from train.checkpoint import CONFIGURATION, METRICS, README, save_card

LIMIT = 25_000_000  # bytes of all files together


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("figures", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(folder: Path, figures: Path) -> None:
    """Copy, and make the card anew."""
    card = dict(ModelDirectory.load(folder).card)
    card["metrics"] = card["metrics"] | _measured(json.loads(figures.read_text("utf-8")))
    files = [
        path for path in folder.iterdir() if path.name not in (CONFIGURATION, METRICS, CARD_FILE, README)
    ]
    size = sum(path.stat().st_size for path in files)
    if size >= LIMIT:
        raise click.ClickException(f"{size:,} bytes: the shipped model must stay below {LIMIT:,}")
    shutil.rmtree(SHIPPED)
    SHIPPED.mkdir()
    for path in files:
        shutil.copyfile(path, SHIPPED / path.name)
    del card["sha256"]
    (SHIPPED / README).write_text(write_card(card), "utf-8")
    save_card(SHIPPED, card)
    click.echo(f"{ModelDirectory.load(SHIPPED).identity}: {size:,} bytes, {sha256(SHIPPED / CARD_FILE)[:12]}")


def _measured(figures: dict[str, Any]) -> dict[str, float]:
    whole = figures["levels"][-1]
    found = {f"test_topic_{name}": whole[name] for name in ("accuracy", "top3", "macro_f1")}
    found["test_topic_ece"] = whole["ece"]
    found |= {f"test_svm_{name}": whole["baseline"][name] for name in ("accuracy", "top3", "macro_f1")}
    return found | {"test_response_perplexity": figures["responses"]["perplexity"]}


if __name__ == "__main__":
    main()
