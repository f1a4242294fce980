"""The replies that a model was trained on, and keeping to them.

A small model that writes freely makes mistakes of grammar and of sense, which a person in distress should not have to
read. One whose card says `"replies": "known"` speaks whole replies that people have written and read; which of them it
speaks, it decides token by token, as ever.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.checkpoint import Array
from engine.errors import ModelError
from engine.language import text
from engine.template import Codec

FIRST = 1  # turn of a dialogue


class KnownReply(NamedTuple):
    """A reply that the model was trained on.

    Attributes:
        text: the reply.
        turn: of the dialogue that it was written for, from 1; 0 if it fits any utterance of its label.
    """

    text: str
    turn: int = 0


class KnownReplies:
    """The replies that may be spoken, by label.

    Args:
        path: the file `responses.jsonl`.
        codec: gives the tokens.

    Raises:
        ModelError: the file is missing or damaged.
    """

    def __init__(self, path: Path, codec: Codec) -> None:
        self._codec = codec
        self._replies = read_replies(path)
        if not self._replies:
            raise ModelError(
                text(
                    f"{path}: 없거나 비었는데 모델은 아는 응답만 말합니다. 모델과 함께 저장된 파일을 다시 복사하세요.",
                    f"{path}: missing or empty, but the model only speaks known replies. Copy the file that was saved with "
                    "the model again.",
                )
            )
        self._tokens = cache(self._encode)

    def only(
        self, logits: Array, label: str, ids: Sequence[int], said: Sequence[Sequence[int]], *, follow_up: bool
    ) -> Array:
        """Return logits in which only tokens are left that go on a known reply.

        Args:
            logits: float32 [vocab_size].
            label: of the reply.
            ids: the reply's tokens so far. If no known reply begins like this, any token may follow.
            said: the tokens of replies that do not come again as long as there are others.
            follow_up: whether the model sees an earlier turn: then replies count that were written for a later turn of
                a dialogue; those for a first turn never do.
        """
        begun = tuple(ids)
        fitting = [own for own in self._tokens(label, follow_up) if own[: len(begun)] == begun]
        earlier = {tuple(reply) for reply in said}
        fitting = [own for own in fitting if own[:-1] not in earlier] or fitting
        following = {own[len(begun)] for own in fitting if len(own) > len(begun)}
        if not following:
            return logits
        left = np.full_like(logits, -np.inf)
        kept = list(following)
        left[kept] = logits[kept]
        return left

    def _encode(self, label: str, follow_up: bool) -> list[tuple[int, ...]]:
        """Return the tokens of the replies that count, the closing one behind each."""
        return [
            (*self._codec.encode(reply.text), self._codec.eos_id)
            for reply in self._replies.get(label, ())
            if reply.turn == 0 or (follow_up and reply.turn > FIRST)
        ]


def read_replies(path: Path) -> Mapping[str, list[KnownReply]]:
    """Return the replies of each label, each once; none if there is no file.

    Raises:
        ModelError: the file is damaged.
    """
    replies: dict[str, dict[KnownReply, None]] = {}
    if not path.exists():
        return {}
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            label, reply, turn = entry["label"], entry["text"], entry.get("turn", 0)
            if not (isinstance(label, str) and isinstance(reply, str) and type(turn) is int):
                raise TypeError(label, reply, turn)  # noqa: TRY301 -- told with the other faults
            replies.setdefault(label, {})[KnownReply(reply, turn)] = None
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(
                text(
                    f"{path}, {number}번째 줄: 읽을 수 없습니다({error!r}). 원본을 다시 복사하거나 파일을 지우세요. 없어도 됩니다.",
                    f"{path}, line {number}: cannot be read ({error!r}). Copy the original again, or delete the file, "
                    "which may be missing.",
                )
            ) from error
    return {label: list(own) for label, own in replies.items()}
