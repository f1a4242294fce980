"""The loaded model: what it is, how fast it was in this session, and its card."""

import re
from collections.abc import Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Markdown, Static

from engine import Reply
from engine.language import text
from tui.page import Page

if TYPE_CHECKING:
    from engine import Engine

_NAMES = 16  # cells
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)  # for Hugging Face's hub, not for readers


class DetailsScreen(Page):
    """Facts, then the model card as its maker wrote it.

    Args:
        engine: that is loaded.
        replies: of this session.
    """

    CSS_PATH = ["page.tcss", "details.tcss"]

    def __init__(self, engine: "Engine", replies: Sequence[Reply]) -> None:
        super().__init__()
        self._engine = engine
        self._replies = replies

    def compose(self) -> ComposeResult:
        """Lay out the facts above the card."""
        with VerticalScroll(id="details") as scroll:
            scroll.border_title = text("모델 정보", "Model")
            scroll.border_subtitle = text("Esc 닫기", "Esc close")
            for name, value in self._facts():
                gap = " " * (_NAMES - cell_len(name))
                yield Static(Content.assemble((name, "$foreground-muted"), gap, value))
            yield Markdown(self._card(), id="card", open_links=False)  # nothing leaves the machine

    def _facts(self) -> Iterator[tuple[str, str]]:
        model = self._engine.model
        try:
            size = (
                f"{sum(file.stat().st_size for file in model.path.iterdir() if file.is_file()) / 1e6:.1f} MB"
            )
        except OSError:  # the folder was moved or deleted since; the model goes on
            size = "–"
        parameters = sum(prod(shape) for shape in model.geometry.shapes().values())
        yield text("이름", "name"), model.name
        yield text("폴더", "folder"), str(model.path)
        yield text("가중치 sha256", "weights sha256"), model.sha256[:16] + "…"
        yield text("크기", "size"), size
        yield text("파라미터", "parameters"), f"{parameters:,}"
        yield text("주제", "topics"), f"{len(self._engine.labels):,}"
        yield (
            text("장치", "device"),
            text(f"CPU, 스레드 {self._engine.threads}개", f"CPU, {self._engine.threads} threads"),
        )
        yield text("정밀도", "precision"), self._engine.precision
        yield text("속도", "speed"), self._speed()

    def _speed(self) -> str:
        own = [reply for reply in self._replies if reply.model == self._engine.identity]
        seconds = sum(reply.timings.computing for reply in own)
        if not seconds:
            return text("아직 답한 적 없음", "no reply yet")
        speed = sum(len(reply.token_ids) for reply in own) / seconds
        return text(
            f"초당 토큰 {speed:.0f}개(이번 응답 {len(own)}개에서)",
            f"{speed:.0f} tokens a second (of {len(own)} replies of this session)",
        )

    def _card(self) -> str:
        card = self._engine.model.path / "README.md"
        if not card.is_file():
            return text("이 모델에는 모델 카드가 없습니다.", "This model has no model card.")
        return _FRONT_MATTER.sub("", card.read_text("utf-8", errors="replace"))
