"""Exchanges and replies as rows and JSON, and back."""

import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import cache
from typing import Any
from zlib import compress, decompress, error

from engine import CounselError, Reply, Sampling, Timings, Topic, Topics
from engine.language import text
from tui.transcript import Exchange

_WORDS = ("question", "topic", "text", "model", "finish_reason")
_TUPLES = ("token_ids", "prompt_ids", "label_ids", "problems", "earlier")
# What reading a record can end in that was damaged, or written by somebody else.
UNREADABLE = (error, ValueError, TypeError, LookupError, AttributeError, CounselError)
Place = tuple[int, int]  # the key of an exchange and the number of an answer to it


@cache
def versions() -> dict[str, str]:
    """Return what else a reply's tokens depend on: the versions of counsel, of the runtime and of numpy, and the processor's kind."""
    from importlib.metadata import (
        PackageNotFoundError,
        version,
    )  # takes its time, and most people keep nothing

    found = {"machine": platform.machine(), "python": platform.python_version()}
    for package in ("counsel", "ai-edge-litert", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # run from a checkout that was not installed
            found[package] = "?"
    return found


def reply_to_json(reply: Reply, said: object = None) -> dict[str, Any]:
    """Return what `reply_from_json` reads, made of what JSON knows.

    Args:
        reply: of a model.
        said: what to write for `Reply.said` instead of all its tokens; see `said_after`.
    """
    content = asdict(replace(reply, said=(), topics=None))  # type: ignore[arg-type]  # both may be long
    topics = reply.topics
    likeliest = [(topic.label, topic.probability, topic.model_probability) for topic in topics.likeliest]
    return content | {
        "topics": {
            "likeliest": likeliest,
            "rest": topics.rest,
            "chosen": topics.chosen,
            "memory": topics.memory,
        },
        "said": reply.said if said is None else said,
    }


def reply_from_json(content: Mapping[str, Any], find: Callable[[Place], Reply] | None = None) -> Reply:
    """Read what `reply_to_json` returned.

    Args:
        content: of JSON.
        find: gives an earlier reply of the session, to which `said` may refer.

    Raises:
        CounselError: a sampling parameter is out of the range that this version knows.
        Exception: one of `UNREADABLE`, if the content is not of that form.
    """
    values = dict(content)
    for name in _WORDS:
        if not isinstance(values[name], str):
            raise TypeError(name)
    topics = values["topics"]
    values["topics"] = Topics(
        tuple(Topic(*topic) for topic in topics["likeliest"]),
        topics["rest"],
        topics["chosen"],
        tuple((label, factor) for label, factor in topics["memory"]),
    )
    values["samplings"] = tuple((first, Sampling(**sampling)) for first, sampling in values["samplings"])
    values["timings"] = Timings(**values["timings"])
    said = values["said"]
    if isinstance(said, dict):
        assert find
        earlier = find((said["after"][0], said["after"][1]))
        values["said"] = (*earlier.said, earlier.token_ids)
    else:
        values["said"] = tuple(tuple(ids) for ids in said)
    return Reply(**values | {name: tuple(values[name]) for name in _TUPLES if name in values})


def said_after(reply: Reply, exchange: Exchange, session: Mapping[int, Exchange]) -> dict[str, Place] | None:
    """Return where the earlier responses of a reply stand already, so that a long session is not kept squared.

    Returns:
        The earlier reply whose own `said`, and whose tokens after it, are the reply's `said`; None if there is none.
    """
    parent = session.get(exchange.parent) if exchange.parent is not None else None
    while parent is not None and reply.said:
        for number, variant in enumerate(parent.variants):
            earlier = variant.reply
            if earlier and reply.said[-1] == earlier.token_ids and reply.said[:-1] == earlier.said:
                return {"after": (parent.key, number)}
        parent = session.get(parent.parent) if parent.parent is not None else None
    return None


def pack(content: object) -> bytes:
    """Return JSON, compressed: the labels of every topic and the tokens of earlier turns repeat themselves."""
    return compress(to_text(content).encode())


def unpack(packed: bytes) -> Any:
    """Return what `pack` was given."""
    return json.loads(decompress(packed))


def damaged() -> str:
    """Return what is said of a reply whose record cannot be read."""
    return text("이 답을 만든 기록이 손상되었습니다", "the record of how this reply was made is damaged")


def to_text(content: object) -> str:
    """Return JSON without blanks."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
