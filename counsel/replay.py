"""`counsel replay`: the replies of a kept conversation, made again and compared."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from counsel.console import shared_options
from engine.errors import CounselError
from engine.language import text
from tui import settings

if TYPE_CHECKING:
    from engine import Engine, Reply
    from tui.store.export import Exported

EXIT_DIVERGED = 1


def make() -> click.Command:
    """Build the command in the chosen language."""

    @shared_options("counsel")
    @click.command(
        "replay",
        help=text(
            "보관한 대화(번호)나 내보낸 JSON 파일의 답을 처음부터 다시 만들어, 똑같은지 또는 어디서 달라지는지 알립니다.",
            "Make the replies of a kept conversation (its number) or of an exported JSON file again, and tell whether "
            "they are identical or where they diverge.",
        ),
    )
    @click.argument("conversation", metavar="FILE|NUMBER")
    @click.option(
        "--model",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help=text(
            "모델 폴더. 기본값은 설정의 model, 없으면 함께 설치된 모델.",
            "A model folder. Default: the setting model, else the one that came along.",
        ),
    )
    @click.option(
        "--json", "as_json", is_flag=True, help=text("답마다 JSON 한 줄.", "A line of JSON for each reply.")
    )
    def replay(conversation: str, model: Path | None, as_json: bool) -> None:
        exported = _read(conversation)
        damaged = _tell_damaged(exported)
        if not _replies(exported):
            raise CounselError(
                text(f"{conversation}: 모델이 한 답이 없습니다.", f"{conversation}: has no reply of a model.")
            )
        same = _replay(exported, model or settings.load().model_folder, as_json)
        sys.exit(0 if same and not damaged else EXIT_DIVERGED)

    return replay


def difference(kept: "Reply", again: "Reply") -> str:
    """Return where two replies first differ, in words; empty if they are identical."""
    if again == kept:
        return ""
    if again.topic != kept.topic:
        return text(
            f"주제부터 다름: '{kept.topic}' 대신 '{again.topic}'",
            f"the topic: '{again.topic}' instead of '{kept.topic}'",
        )
    pairs = zip(kept.token_ids, again.token_ids, strict=False)
    place = next((n for n, (one, other) in enumerate(pairs, 1) if one != other), None)
    if place is None and len(kept.token_ids) != len(again.token_ids):
        place = min(len(kept.token_ids), len(again.token_ids)) + 1
    if place is not None:
        return text(f"{place}번째 토큰부터 다름", f"from token {place} on")
    if again.finish_reason != kept.finish_reason:
        return text(
            f"토큰은 같고 끝난 까닭이 다름: {kept.finish_reason} 대신 {again.finish_reason}",
            f"the same tokens, but ended by {again.finish_reason} instead of {kept.finish_reason}",
        )
    if again.topics != kept.topics:
        return text("토큰은 같고 주제의 확률이 다름", "the same tokens, but other probabilities of topics")
    return text("토큰은 같고 다른 기록이 다름", "the same tokens, but other circumstances")


def _read(conversation: str) -> "Exported":
    from counsel.history import NUMBER, require_store
    from tui.store import export

    path = Path(conversation)
    if conversation.isdecimal() and not path.exists():
        number = NUMBER(conversation)
        with require_store() as store:
            return export.Exported.of(store, number)
    try:
        return export.from_json(path.read_text("utf-8"), conversation)
    except UnicodeDecodeError:
        raise CounselError(text(f"{path}: UTF-8 파일이 아닙니다.", f"{path}: not a UTF-8 file.")) from None
    except OSError as error:
        raise CounselError(
            text(
                f"{path}: 읽을 수 없습니다({error.strerror}). 대화의 번호(`counsel history list`)나 내보낸 JSON 파일을 주세요.",
                f"{path}: cannot be read ({error.strerror}). Give a conversation's number (`counsel history list`) or an "
                "exported JSON file.",
            )
        ) from None


def _tell_damaged(exported: "Exported") -> bool:
    """Name the replies that cannot be made again, since the records of how they were made are damaged."""
    from tui.store.records import damaged

    found = [
        f"{exchange.key}.{number}"
        for exchange in exported.exchanges
        for number, variant in enumerate(exchange.variants, 1)
        if variant.is_damaged
    ]
    for place in found:
        click.echo(f"{place}  {damaged()}", err=True)
    return bool(found)


def _replies(exported: "Exported") -> "list[tuple[int, int, Reply]]":
    return [
        (exchange.key, number, variant.reply)
        for exchange in exported.exchanges
        for number, variant in enumerate(exchange.variants)
        if variant.reply
    ]


def _replay(exported: "Exported", model: Path | None, as_json: bool) -> bool:
    from engine import Engine
    from engine.precision import PRECISIONS

    replies = _replies(exported)
    engines: dict[str, Engine] = {}
    identical = 0
    try:
        for key, number, reply in replies:
            precision = next((p for p in PRECISIONS if reply.model.endswith(f"/{p}")), None)
            if (precision or "") not in engines:
                for other in engines.values():
                    other.close()
                engines = {precision or "": Engine.load(model, precision)}
            found = _compare(engines[precision or ""], reply)
            identical += not found
            _tell(key, number, reply, found, exported, as_json)
    finally:
        for engine in engines.values():
            engine.close()
    if not as_json:
        click.echo(
            text(
                f"답 {len(replies)}개 가운데 {identical}개가 똑같습니다.",
                f"{identical} of {len(replies)} replies are identical.",
            )
        )
    return identical == len(replies)


def _compare(engine: "Engine", reply: "Reply") -> str:
    """Return how a reply differs when it is made again; what another model said cannot be."""
    if reply.model == engine.identity:
        return difference(reply, engine.repeat(reply))
    return text(
        f"다른 모델의 답: {reply.model}. 여기 있는 것은 {engine.identity}. 그 모델의 폴더를 --model로 주세요",
        f"of another model: {reply.model}. Here is {engine.identity}. Give that one's folder with --model",
    )


def _tell(key: int, number: int, reply: "Reply", found: str, exported: "Exported", as_json: bool) -> None:
    if as_json:
        facts: dict[str, Any] = {
            "exchange": key,
            "variant": number,
            "identical": not found,
            "difference": found or None,
        }
        click.echo(json.dumps(facts | {"model": reply.model}, ensure_ascii=False))
        return
    made = _versions_that_differ(exported, key, number) if found else ""
    verdict = found + made if found else text("똑같음", "identical")
    click.echo(f"{key}.{number + 1}  {reply.topic}: {verdict}")


def _versions_that_differ(exported: "Exported", key: int, number: int) -> str:
    """Return what else is not as it was when the reply was made."""
    from tui.store.records import versions

    now, then = versions(), exported.versions.get((key, number), {})
    changed = [f"{name} {then[name]} → {now.get(name, '?')}" for name in then if then[name] != now.get(name)]
    return f" ({', '.join(changed)})" if changed else ""
