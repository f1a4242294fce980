"""A session as a file of its own: Markdown and SVG to read, JSON with all that there is, which can be read again."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from engine import CounselError, Reply
from engine.events import sampling_at
from engine.language import text
from tui.store import records
from tui.store.records import Place
from tui.store.sessions import Store
from tui.transcript import Exchange, Transcript, Variant

SCHEMA = 1
FORMATS = (".md", ".json", ".svg")


@dataclass(frozen=True)
class Exported:
    """A session as it leaves the store.

    Attributes:
        title: of the session.
        exchanges: of all branches.
        last: the key of the last one of the branch that is shown.
        versions: what each reply was made with.
    """

    title: str
    exchanges: Sequence[Exchange]
    last: int | None
    versions: Mapping[Place, Mapping[str, str]]

    @classmethod
    def of(cls, store: Store, session: int) -> "Exported":
        """Take a session out of a store.

        Raises:
            GoneError: there is none of this number.
        """
        exchanges, last = store.load(session)
        return cls(store.session(session).title, exchanges, last, store.made_with(session))


def write(exported: Exported, path: Path) -> None:
    """Write a session into a new file that only its owner can read; its suffix says how.

    Raises:
        CounselError: another suffix, or a file that is there already.
    """
    makers = {".md": to_markdown, ".json": to_json, ".svg": to_svg}
    maker = makers.get(path.suffix)
    if maker is None:
        raise CounselError(
            text(
                f"{path}: {', '.join(FORMATS)} 가운데 하나로 끝나야 합니다.",
                f"{path}: must end with one of {', '.join(FORMATS)}.",
            )
        )
    content = maker(exported)
    try:
        with os.fdopen(
            os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(content)
    except FileExistsError:
        raise CounselError(
            text(
                f"{path}: 이미 있는 파일입니다. 다른 이름을 쓰세요.",
                f"{path}: is there already. Use another name.",
            )
        ) from None
    except OSError as error:
        raise CounselError(f"{path}: {error.strerror}") from None


def to_json(exported: Exported) -> str:
    """Return all branches and variants, each reply with what is needed to make it again; see `from_json`."""
    by_key = {exchange.key: exchange for exchange in exported.exchanges}
    content = {
        "schema": SCHEMA,
        "title": exported.title,
        "last": exported.last,
        "exchanges": [
            {
                "key": exchange.key,
                "said": exchange.said,
                "parent": exchange.parent,
                "shown": exchange.shown,
                "begins": exchange.begins,
                "at": exchange.at.isoformat(),
                "variants": [
                    _variant(variant, exchange, by_key, exported.versions.get((exchange.key, number), {}))
                    for number, variant in enumerate(exchange.variants)
                ],
            }
            for exchange in exported.exchanges
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def from_json(written: str, name: str) -> Exported:
    """Read what `to_json` returned.

    Args:
        written: the content of the file.
        name: of the file, for messages.

    Raises:
        CounselError: the content is not of that form.
    """
    try:
        content = json.loads(written)
        if content["schema"] != SCHEMA:
            raise ValueError(f"schema {content['schema']}")
        replies: dict[Place, Reply] = {}
        versions: dict[Place, Mapping[str, str]] = {}
        exchanges = [_exchange(values, replies, versions) for values in content["exchanges"]]
        return Exported(content["title"], exchanges, content["last"], versions)
    except CounselError as error:
        raise CounselError(f"{name}: {error}") from None
    except records.UNREADABLE as error:
        raise CounselError(
            text(
                f"{name}: counsel이 JSON으로 내보낸 대화가 아닙니다({type(error).__name__}). "
                "`counsel history export NUMBER FILE.json`이 쓴 파일을 주세요.",
                f"{name}: not a conversation that counsel exported as JSON ({type(error).__name__}). "
                "Give a file of `counsel history export NUMBER FILE.json`.",
            )
        ) from None


def to_markdown(exported: Exported) -> str:
    """Return the branch that is shown, each reply with a line about how it was made."""
    lines = [f"# {_one_line(exported.title) or text('대화', 'Conversation')}"]
    for exchange, variant, facts in _shown(exported):
        if exchange.begins:
            lines.append("---")
        said = "\n".join(f"> {line}" for line in exchange.said.splitlines())
        lines.append(f"**{text('나', 'Me')}** · {exchange.at:%Y-%m-%d %H:%M}\n\n{said}")
        if variant:
            title = f" · {variant.title}" if variant.title else ""
            lines.append(f"**counsel**{title}\n\n{variant.text}")
        if facts:
            lines.append(f"<sub>{facts}</sub>")
    return "\n\n".join(lines) + "\n"


def to_svg(exported: Exported) -> str:
    """Return a picture of the branch that is shown."""
    from io import StringIO

    from rich import box
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    from tui.picture import mend

    console = Console(record=True, width=88, file=StringIO(), force_terminal=True, color_system="truecolor")
    for exchange, variant, facts in _shown(exported):
        if exchange.begins:
            console.rule(text("새 대화", "new conversation"))
        at = f"{exchange.at:%Y-%m-%d %H:%M}"
        console.print(
            Panel(
                Text(exchange.said),
                title=Text(text("나", "me")),
                title_align="left",
                subtitle=at,
                box=box.ROUNDED,
            )
        )
        if variant:
            console.print(
                Panel(
                    Text(variant.text),
                    title=Text(variant.title or "counsel"),
                    title_align="left",
                    border_style="yellow",
                    box=box.ROUNDED,
                )
            )
        if facts:
            console.print(Text(facts, style="dim"))
    return mend(console.export_svg(title=exported.title or "counsel"))


def provenance(reply: Reply, versions: Mapping[str, str]) -> str:
    """Return in a line how a reply was made: seed, sampling, model and versions."""
    sampling = sampling_at(reply.samplings, 0)
    parts = [
        f"seed {reply.seed}",
        f"temperature {sampling.temperature:g}, top-k {sampling.top_k}, top-p {sampling.top_p:g}",
    ]
    parts += [
        text(
            f"{place}번째 토큰부터 temperature {later.temperature:g}",
            f"from token {place} temperature {later.temperature:g}",
        )
        for place, later in reply.samplings[1:]
    ]
    if reply.given:
        parts.append(
            text(f"처음 토큰 {reply.given}개는 고른 것", f"the first {reply.given} tokens were given")
        )
    parts.append(reply.model)
    parts += [f"{name} {versions[name]}" for name in ("counsel", "ai-edge-litert") if name in versions]
    return " · ".join(parts)


def _shown(exported: Exported) -> Iterator[tuple[Exchange, Variant | None, str]]:
    for exchange in Transcript(exported.exchanges, exported.last).exchanges:
        variant = exchange.variant
        versions = exported.versions.get((exchange.key, exchange.shown), {})
        yield exchange, variant, _facts(variant, versions) if variant else ""


def _facts(variant: Variant, versions: Mapping[str, str]) -> str:
    if variant.reply:
        return provenance(variant.reply, versions)
    return records.damaged() if variant.is_damaged else ""


def _variant(
    variant: Variant, exchange: Exchange, session: Mapping[int, Exchange], versions: Mapping[str, str]
) -> dict[str, Any]:
    content: dict[str, Any] = {"text": variant.text, "kind": variant.kind, "title": variant.title}
    if variant.reply:
        said = records.said_after(variant.reply, exchange, session)
        content |= {"reply": records.reply_to_json(variant.reply, said), "versions": versions}
    return content


def _exchange(
    values: Mapping[str, Any], replies: dict[Place, Reply], versions: dict[Place, Mapping[str, str]]
) -> Exchange:
    variants = []
    for number, variant in enumerate(values["variants"]):
        reply = None
        if "reply" in variant:
            place = values["key"], number
            reply = replies[place] = records.reply_from_json(variant["reply"], replies.__getitem__)
            versions[place] = variant["versions"]
        variants.append(Variant(variant["text"], variant["kind"], reply, variant["title"]))
    at = datetime.fromisoformat(values["at"])
    return Exchange(
        values["key"],
        values["said"],
        values["parent"],
        tuple(variants),
        values["shown"],
        values["begins"],
        at,
    )


def _one_line(words: str) -> str:
    return " ".join(words.split())
