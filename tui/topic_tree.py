"""All topics of the model, to look at, to search, and to answer under."""

from collections.abc import Mapping

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static, Tree

from engine import Topics
from engine.companion import CRISIS_TOPICS
from engine.language import text
from tui.field import Field
from tui.label_tree import Branch, LabelTree, branches, heading


class TopicTree(ModalScreen[str | None]):
    """A line to search in, the labels below it, and what choosing one does; ends with the label that was chosen.

    Args:
        labels: of the model, with the number of rows that each was learnt from.
        topics: of the last utterance, if there is one.
        answers: whether there is an utterance to answer again.
    """

    CSS_PATH = "topic_tree.tcss"
    AUTO_FOCUS = "#find-topic"
    BINDING_GROUP_TITLE = text("모든 주제", "All topics")
    BINDINGS = [
        Binding("escape", "dismiss(None)", text("닫기", "close")),
        Binding("ctrl+t", "dismiss(None)", text("닫기", "close")),
        Binding("up", "move(-1)", text("위로", "up"), show=False, priority=True),
        Binding("down", "move(1)", text("아래로", "down"), show=False, priority=True),
    ]

    def __init__(self, labels: Mapping[str, int], topics: Topics | None, *, answers: bool) -> None:
        super().__init__()
        self._labels = labels
        self._topics = topics
        self._answers = answers

    def compose(self) -> ComposeResult:
        """Lay out the search above the tree above the explanation."""
        with Vertical(id="topic-tree") as box:
            box.border_title = text("모든 주제", "All topics")
            box.border_subtitle = text("Esc 닫기", "Esc close")
            if not self._labels:
                yield Static(
                    text(
                        "이 모델에는 주제 라벨이 없습니다. 라벨로 학습한 모델(counsel.json에 labels가 있는 모델)에서 "
                        "주제를 고를 수 있습니다.",
                        "This model has no topic labels. Topics can be chosen with a model that was trained with labels "
                        "(one with labels in its counsel.json).",
                    ),
                    id="no-labels",
                )
                return
            yield Field(
                placeholder=text("찾기: 불면, ㅂㅁ, 관계 이별", "search in Korean: 불면, ㅂㅁ"),
                compact=True,
                id="find-topic",
            )
            yield Static(heading(), id="columns")
            yield LabelTree()
            yield Static(id="what-it-does", markup=False)

    def on_mount(self) -> None:
        """Begin at the topic of the last reply."""
        if self._labels:
            self._find("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the tree to what is typed."""
        event.stop()
        self._find(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take what the cursor stands on."""
        event.stop()
        self.query_one(LabelTree).action_select_cursor()

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Branch]) -> None:
        """Say what Enter does there."""
        event.stop()
        self._explain(event.node.data)

    def on_tree_node_selected(self, event: Tree.NodeSelected[Branch]) -> None:
        """End with a label; open or close what is none."""
        event.stop()
        branch = event.node.data
        if branch is None or not branch.is_label:
            event.node.toggle()
        elif self._answers or branch.path.startswith(CRISIS_TOPICS):
            self.dismiss(branch.path)

    def on_key(self, event: events.Key) -> None:
        """Let what is typed while the tree has the focus narrow it."""
        if event.is_printable and event.character and self._labels:
            event.stop()
            search = self.query_one(Input)
            search.focus()
            search.insert_text_at_cursor(event.character)

    def action_move(self, lines: int) -> None:
        """Move the cursor of the tree, wherever the focus is."""
        for tree in self.query(LabelTree):  # a model without labels has none
            (tree.action_cursor_up if lines < 0 else tree.action_cursor_down)()

    def _find(self, typed: str) -> None:
        root = branches(self._labels, self._topics, typed)
        labels = [branch for branch in root.all() if branch.is_label]
        at = self._topics.chosen if self._topics and not typed else None
        if typed and labels:
            at = max(labels, key=lambda branch: branch.probability or 0.0).path
        self.query_one(LabelTree).show(root, wide_open=bool(typed.strip()), at=at)
        if not labels:
            self._say(text("찾는 주제가 없습니다.", "No topic is called that."))

    def _explain(self, branch: Branch | None) -> None:
        if branch is None or not branch.is_label:
            self._say(text("Enter: 펼치거나 접기", "Enter: open or close"))
        elif branch.path.startswith(CRISIS_TOPICS):
            self._say(
                text(
                    "위기 주제에는 모델이 답하지 않습니다. Enter: 사람이 받는 전화 안내",
                    "The model does not answer to a crisis. Enter: phone lines where a person answers",
                )
            )
        elif self._answers:
            self._say(
                text(
                    f"Enter: 마지막 말에 '{branch.path}' 주제로 다시 답하기",
                    f"Enter: answer the last utterance again under '{branch.path}'",
                )
            )
        else:
            self._say(
                text(
                    "먼저 한마디 적어 주세요. 그 말에 이 주제로 답하게 할 수 있습니다.",
                    "Say something first; it can then be answered under this topic.",
                )
            )

    def _say(self, what: str) -> None:
        self.query_one("#what-it-does", Static).update(what)
