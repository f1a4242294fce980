"""Where a training is, besides its arrays, and whether a checkpoint belongs to it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import CounselError
from engine.language import text
from train.events import Epoch

# What may be different when a training goes on: until when, how it is computed, and what a gradient does to the weights.
# Which rows a step has, and what their loss is, stays.
FREE = {
    *("epochs", "max_steps", "max_minutes", "save_minutes", "save_steps", "patience", "best_by"),
    *("accumulate", "xla", "arithmetic"),
    *("learning_rate", "schedule", "warmup", "weight_decay", "epsilon", "clip_norm"),
}


@dataclass
class State:
    """Where a training is, besides its arrays; all of it goes into a checkpoint.

    Attributes:
        done: updates.
        epoch: number of the current one.
        in_epoch: updates made in it.
        loss_sum: of the current epoch, over counted tokens.
        tokens: counted in the current epoch.
        seconds: of computing in the current epoch.
        elapsed: seconds of the whole training: steps, measuring and saving, in all its runs.
        history: of the epochs that are done.
        best: the number of updates after which the best score was reached.
        loss_scale: for float16.
        sound: updates since the loss scale changed.
        fingerprint: what must be the same when a run goes on.
    """

    done: int = 0
    epoch: int = 1
    in_epoch: int = 0
    loss_sum: float = 0.0
    tokens: int = 0
    seconds: float = 0.0
    elapsed: float = 0.0
    history: list[Epoch] = field(default_factory=list)
    best: int | None = None
    loss_scale: float = 1.0
    sound: int = 0
    fingerprint: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, saved: dict[str, Any]) -> "State":
        """Return the state that `asdict` gave, after JSON."""
        history = [Epoch(**{**epoch, "accuracy": tuple(epoch["accuracy"])}) for epoch in saved["history"]]
        return cls(**{**saved, "history": history})


def refuse_other(path: Path, saved: dict[str, Any], own: dict[str, Any]) -> None:
    """Make sure that a checkpoint belongs to this training.

    Args:
        path: of the checkpoint.
        saved: its fingerprint.
        own: that of this training.

    Raises:
        CounselError: it belongs to another.
    """
    other = [name for name in sorted({*saved, *own} - FREE) if saved.get(name) != own.get(name)]
    if other:
        name = other[0]
        raise CounselError(
            text(
                f"{path}: {', '.join(other)}이(가) 다른 학습의 체크포인트입니다({name}: 그때 {saved.get(name)}, 지금 {own.get(name)}). "
                "그때와 같게 주거나, --overwrite로 새로 시작하세요.",
                f"{path}: a checkpoint of a training with another {', '.join(other)} ({name}: {saved.get(name)} then, "
                f"{own.get(name)} now). Give the same as then, or start anew with --overwrite.",
            )
        )


def tell_changes(path: Path, saved: dict[str, Any], own: dict[str, Any]) -> str:
    """Return what goes on in another way than before, with its old and new values; empty if nothing does.

    Args:
        path: of the checkpoint.
        saved: its fingerprint.
        own: that of this training, which `refuse_other` has let pass.
    """
    changed = [
        f"{name} {saved.get(name)} → {own.get(name)}"
        for name in sorted({*saved, *own})
        if saved.get(name) != own.get(name)
    ]
    if not changed:
        return ""
    listed = ", ".join(changed)
    return text(
        f"{path}: 여기에서부터 바꾸어 이어 합니다: {listed}.", f"{path}: from here on with changes: {listed}."
    )
