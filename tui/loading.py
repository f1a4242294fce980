"""The model: loaded behind the first picture, exchanged for another while the conversation goes on."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.worker import Worker, WorkerState

from engine import CounselError, Sampling
from engine.errors import BusyError
from engine.language import text
from engine.logs import log
from engine.safety import warm_up
from tui.answering import REPLY_GROUP
from tui.header import Header
from tui.keeping import KEEP_GROUP, KeepingApp
from tui.keys import Command, Entry
from tui.messages import EngineFailed, EngineReady
from tui.models import known_models
from tui.notice import Notice
from tui.sampling import SamplingPanel
from tui.settings import Settings

if TYPE_CHECKING:
    from engine import Engine  # brings tokenizers and more, which the first paint does not wait for

LOAD_GROUP = "load"  # of the worker that loads
Load = Callable[..., "Engine"]


class LoadingApp(KeepingApp):
    """Has an engine after a while.

    Args:
        load: gives the engine; called in a thread, since it takes its time. With a path, the engine of that model.
        given: sampling parameters that the person chose on the command line.
        chosen: the settings.
    """

    PALETTE: ClassVar[tuple[Command, ...]] = (
        Command(
            "details",
            text("모델 정보", "model details"),
            text("불러온 모델의 카드와 속도", "The loaded model's card and speed"),
        ),
    )

    def __init__(
        self, load: Load, given: dict[str, float] | None = None, chosen: Settings | None = None
    ) -> None:
        super().__init__(chosen)
        self._load_engine = load
        self._given = given or {}
        self._recommended = self.sampling = Sampling(**self._given)  # type: ignore[arg-type]
        self._used: list[Path] = []  # models that were loaded in this session

    @work(thread=True, exit_on_error=False, group=LOAD_GROUP, description="load the model")
    def load(self, path: Path | None = None) -> None:
        """Load a model: the one to begin with if there is no path."""
        try:
            engine = self._load_engine() if path is None else self._load_engine(path)
            self.post_message(EngineReady(engine))
        except CounselError as error:
            log.error("no model", exc_info=error)
            self.post_message(EngineFailed(str(error)))
        warm_up()  # nobody waits for it: who types meanwhile is judged by the few rules that apply, compiled at once

    def on_engine_ready(self, event: EngineReady) -> None:
        """Take the model's recommended sampling, then answer what was said meanwhile."""
        before, self.engine = self.engine, event.engine
        if before is not None and self.answering is None and len(self.screen_stack) == 1:
            with suppress(
                BusyError
            ):  # then, or where a screen looks into it, its memory is freed when it is let go
                before.close()
        self.query_one(Header).model = event.engine.model.name
        self.topic_sidebar.show_labels(event.engine.labels)
        if self.sampling == self._recommended:  # nobody turned a knob yet
            self._recommended = replace(event.engine.default_sampling, **self._given)  # type: ignore[arg-type]
            self.sampling = self._recommended
            self.query_one(SamplingPanel).start_from(self.sampling)
        if before is not None:
            name = event.engine.model.name
            self.chat.note(Notice(text(f"이제 {name} 모델이 답합니다.", f"{name} answers from now on.")))
        self.answer_next()

    def on_engine_failed(self, event: EngineFailed) -> None:
        """Say what is wrong; the rest of the app goes on, with the model that there was."""
        self.failed = self.engine is None
        stays = (
            text(" Ctrl+P에서 다른 모델을 고를 수 있습니다.", " Ctrl+P offers other models.")
            if self.failed
            else text(" 지금까지의 모델이 계속 답합니다.", " The model that there was goes on.")
        )
        self.chat.note(Notice(event.reason + stays, error=True))
        self.answer_next()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say what went wrong with the model where nobody expected it."""
        if event.state is WorkerState.ERROR and event.worker.group not in (REPLY_GROUP, KEEP_GROUP):
            error = event.worker.error
            self.post_message(EngineFailed(f"{type(error).__name__}: {error}"))

    def palette_entries(self) -> Iterator[Entry]:
        """Offer the other models, too."""
        yield from super().palette_entries()
        present = self.engine.model.path if self.engine is not None else None
        remembered = [self.chosen.model_folder] if self.chosen.model_folder else []
        for path, name in known_models([*self._used, *remembered, *([present] if present else [])]):
            if present is None or path.resolve() != present.resolve():
                yield Entry(text("모델: ", "model: ") + name, str(path), partial(self.change_model, path))

    def change_model(self, path: Path) -> None:
        """Load another model in the present one's place; it answers until then, and is at hand afterwards."""
        if self.engine is not None and self.engine.model.path not in self._used:
            self._used.append(self.engine.model.path)
        self.load(path)

    def action_details(self) -> None:
        """Show the loaded model's card."""
        from tui.details import DetailsScreen  # brings Markdown, which nobody waits for

        if self.engine is None:
            self.notify(text("아직 불러온 모델이 없습니다.", "No model is loaded yet."))
        elif not isinstance(self.screen, DetailsScreen):
            replies = [exchange.reply for exchange in self.transcript.exchanges if exchange.reply]
            self.push_screen(DetailsScreen(self.engine, replies))
