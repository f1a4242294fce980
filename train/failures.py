"""What is told when a training cannot go on."""

import math
from collections.abc import Sequence

from engine.language import text
from train.footprint import advise
from train.sequences.pipeline import Update


def explain_divergence(
    step: int,
    epoch: int,
    loss: float,
    norm: float,
    rows: str,
    learning_rate: float,
    is_exact: bool,
    saved: int | None,
) -> str:
    """Tell that loss or gradient is no number any more.

    Args:
        step: of the update, from 1.
        epoch: that it belongs to.
        loss: of the update.
        norm: of its gradient.
        rows: where its lines come from.
        learning_rate: the peak.
        is_exact: whether the arithmetic is float32 already.
        saved: the update of the newest checkpoint; None if there is none.
    """
    value = loss if not math.isfinite(loss) else norm
    what = text("손실", "the loss") if value is loss else text("기울기", "the gradient")
    happened = text(
        f"{step}단계(에폭 {epoch}): {what}이(가) 수가 아닙니다({value}). 이 단계의 행: {rows}.",
        f"step {step} (epoch {epoch}): {what} is {value}. Its rows: {rows}.",
    )
    remedy = text(
        f"더 낮은 --learning-rate(지금 {learning_rate:g})", f"a lower --learning-rate (now {learning_rate:g})"
    )
    if not is_exact:
        remedy += text("나 --arithmetic float32", " or --arithmetic float32")
    if saved is None:
        return f"{happened} " + text(
            f"저장된 체크포인트가 아직 없습니다. 행을 고치거나 {remedy}로 처음부터 다시 시작하세요.",
            f"No checkpoint is saved yet: mend the rows, or give {remedy}, and start again.",
        )
    return f"{happened} " + text(
        f"이 행에 이상이 없으면 --resume과 {remedy}로 {saved}단계의 체크포인트에서 이어 하세요. 행을 고치면 "
        "--overwrite로 새로 시작해야 합니다.",
        f"If nothing is wrong with them, go on from the checkpoint of step {saved} by --resume with {remedy}. "
        "With other rows, start anew with --overwrite.",
    )


def explain_full_memory(update: Update, batch_size: int, replicas: int) -> str:
    """Tell what may fit where a pass of this update did not."""
    _, rows, length = update.inputs.shape
    told = text(
        f"메모리가 모자랍니다: 한 번에 {rows}행, {length}토큰.",
        f"out of memory: a pass of {rows} × {length} tokens does not fit.",
    )
    advice = f"{told} {advise(batch_size, rows // 2, replicas)}"
    if rows == 1:
        return advice
    return f"{advice} " + text(
        "--accumulate만 바꾸면 --resume으로 이어 합니다.",
        "With --accumulate alone changed, --resume goes on.",
    )


def no_sound_checkpoint(damaged: Sequence[str]) -> str:
    """Tell that no checkpoint can be used; `damaged` says of each what is wrong."""
    told = text(
        "쓸 수 있는 체크포인트가 남지 않았습니다. --resume 대신 --overwrite로 처음부터 다시 시작하세요.",
        "No checkpoint is left to go on from: start anew with --overwrite instead of --resume.",
    )
    return " ".join([*damaged, told])


def nothing_in_common(newest: Sequence[int]) -> str:
    """Tell that machines that train together share no checkpoint; `newest` are the numbers of their newest ones."""
    told = ", ".join(map(str, newest))
    return text(
        f"작업기들에 공통된 체크포인트가 없습니다(가장 새것: {told}단계). 한 작업기의 .run 폴더를 다른 작업기에 복사하세요.",
        f"the workers have no checkpoint in common (newest: steps {told}). Copy one worker's .run folder to the others.",
    )
