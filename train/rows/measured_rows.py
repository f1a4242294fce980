"""The rows that a model is measured on, and what to know about them."""

from collections import Counter
from collections.abc import Iterator, Sequence

from engine.language import text
from engine.model_directory import ModelDirectory
from engine.quantization import sample
from train.rows.data import Data
from train.rows.reading import DataError
from train.rows.recorded_split import Part
from train.sequences.joining import Choice, Joiner
from train.sequences.lines import refuse_overlong

LISTED = 3  # labels in a message


def choose_rows(
    model: ModelDirectory, data: Data, part: Part, most: int | None, seed: int
) -> tuple[list[Choice], list[str]]:
    """Choose the rows whose label the model knows.

    Args:
        model: with labels.
        data: what was read.
        part: whose rows.
        most: at most so many, drawn at random; all if None.
        seed: of the drawing.

    Returns:
        Each row once, with the replies that it may have and the turns before it; and what to know, a line each.

    Raises:
        DataError: there are none, or the label and response of one exceed the model's context.
    """
    # Of all rows, since turns before one may have labels that the model does not know.
    choices = Joiner.of(data, context_turns=model.context_turns).choices(part.rows)
    known = [choice for choice in choices if choice.row.label in model.labels]
    if not known:
        file, labels = data.files[0].path, _list(list(model.labels))
        raise DataError(
            text(
                f"{file}: 이 모델의 라벨({labels})을 쓰는 행이 없습니다. --label-names로 맞추세요.",
                f"{file}: no row has a label of this model ({labels}). Match them by --label-names.",
            )
        )
    chosen = sample(known, most, seed) if most else known
    refuse_overlong([choice.row for choice in chosen], model.codec, model.geometry.context)
    strange = Counter(choice.row.label for choice in choices if choice.row.label not in model.labels)
    return chosen, [*_about(part, model, data), *_left_out(strange, len(known), len(chosen), seed)]


def _about(part: Part, model: ModelDirectory, data: Data) -> Iterator[str]:
    """Tell if the model was trained on the rows, or may have been."""
    if part.seen:
        yield text(
            f"이 가운데 {part.seen:,}행은 모델이 학습한 행입니다. 처음 보는 말에 얼마나 맞는지는 알 수 없습니다.",
            f"The model was trained on {part.seen:,} of these rows: the figures do not tell how it does on others.",
        )
    if part.seen is not None:
        return
    trained = {file.get("sha256") for file in model.card.get("trained_on", []) if isinstance(file, dict)}
    if known := [file.path.name for file in data.files if file.sha256 in trained]:
        yield text(
            f"{_list(known)}: 모델이 학습한 파일입니다. 어느 행을 학습했는지는 기록이 없습니다.",
            f"{_list(known)}: the model was trained on this file; which of its rows is not recorded.",
        )
    else:
        yield text(
            "모델이 이 행들을 학습했는지는 알 수 없습니다.",
            "Whether the model was trained on these rows is not known.",
        )


def _left_out(strange: Counter[str], known: int, chosen: int, seed: int) -> Iterator[str]:
    if strange:
        labels = _list([label for label, _ in strange.most_common()])
        yield text(
            f"모델이 모르는 라벨({labels})의 {strange.total():,}행은 뺐습니다.",
            f"{strange.total():,} rows with labels that the model does not know ({labels}) were left out.",
        )
    if chosen < known:
        yield text(
            f"{known:,}행 가운데 {chosen:,}행을 뽑아 쟀습니다(씨앗 {seed}).",
            f"{chosen:,} of {known:,} rows were drawn (seed {seed}).",
        )


def _list(names: Sequence[str]) -> str:
    return ", ".join([*names[:LISTED], *(["…"] if len(names) > LISTED else [])])
