"""The labels of a model as a tree: levels below each other, with how often each was learnt and how likely it is now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.binding import Binding
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from engine import Topics
from engine.events import LEVEL, first_levels
from engine.language import text
from tui.bars import bar, fit
from tui.label_search import finds

_INDENT = 4  # cells a level
_COUNT, _BAR, _PERCENT = 6, 8, 7  # cells


@dataclass
class Branch:
    """What labels have in common, or a label.

    Attributes:
        path: the levels down to here.
        is_label: whether the model has a label of this name; one may have others below it.
        count: of the rows that the model learnt below here.
        probability: for the last utterance; None if it is not known.
        below: the next level.
    """

    path: str
    is_label: bool = False
    count: int = 0
    probability: float | None = None
    below: dict[str, "Branch"] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last level."""
        return self.path.rsplit(LEVEL, 1)[-1]

    def all(self) -> Iterator["Branch"]:
        """Return this branch and all below it."""
        yield self
        for branch in self.below.values():
            yield from branch.all()


def branches(labels: Mapping[str, int], topics: Topics | None = None, typed: str = "") -> Branch:
    """Put labels into a tree.

    Args:
        labels: with the number of rows that each was learnt from.
        topics: of the last utterance. What lacks labels that were not looked for has no probability.
        typed: only labels that this finds.
    """
    shares = {topic.label: topic.probability for topic in topics.likeliest} if topics else {}
    root = Branch("")
    for label in sorted(labels):
        if not finds(typed, label):
            continue
        branch = root
        for depth in range(1, label.count(LEVEL) + 2):
            path = first_levels(label, depth)
            branch = branch.below.setdefault(path, Branch(path))
            branch.count += labels[label]
            if label in shares:
                branch.probability = (branch.probability or 0.0) + shares[label]
        branch.is_label = True
    return root


def heading() -> str:
    """Return what stands above the columns of numbers."""
    learnt, now = text("학습", "learnt"), text("지금", "now")
    gap = 2 + _BAR + _PERCENT - cell_len(now)
    return learnt + " " * gap + now


class LabelTree(Tree[Branch]):
    """A line a label; Enter chooses one, or opens and closes what is none."""

    BINDING_GROUP_TITLE = text("모든 주제", "All topics")
    BINDINGS = [
        Binding(
            "left", "close", text("접기", "close"), tooltip=text("가지 접기", "Close a branch"), show=False
        ),
        Binding(
            "right", "open", text("펼치기", "open"), tooltip=text("가지 펼치기", "Open a branch"), show=False
        ),
    ]
    COMPONENT_CLASSES = {"label-tree--quiet", "label-tree--bar"}
    ICON_NODE = "+ "
    ICON_NODE_EXPANDED = "- "

    def __init__(self) -> None:
        super().__init__("", id="labels")
        self.show_root = False
        self.guide_depth = _INDENT
        self.show_guides = False
        self.auto_expand = False

    def show(self, root: Branch, *, wide_open: bool, at: str | None) -> None:
        """Show other labels.

        Args:
            root: the tree.
            wide_open: whether all branches are open, or only those on the way to `at`.
            at: the label that the cursor is put on; the first one if it is None or not there.
        """
        self.clear()
        nodes = list(self._grow(self.root, root, wide_open, at or ""))
        labels = [node for node in nodes if node.data and node.data.is_label and node.data.path == at]
        if nodes:  # a node has its line only once the tree is drawn
            self.call_after_refresh(self.move_cursor, labels[0] if labels else nodes[0])

    def _grow(
        self, node: TreeNode[Branch], branch: Branch, wide_open: bool, at: str
    ) -> Iterator[TreeNode[Branch]]:
        for below in branch.below.values():
            on_the_way = at.startswith(below.path + LEVEL)
            child = node.add(
                below.name, below, expand=wide_open or on_the_way, allow_expand=bool(below.below)
            )
            yield child
            yield from self._grow(child, below, wide_open, at)

    def action_open(self) -> None:
        """Open the branch under the cursor."""
        if self.cursor_node and self.cursor_node.allow_expand:
            self.cursor_node.expand()

    def action_close(self) -> None:
        """Close the branch under the cursor, or go to the one that it belongs to."""
        node = self.cursor_node
        if node and node.allow_expand and node.is_expanded:
            node.collapse()
        else:
            self.action_cursor_parent()

    def render_label(self, node: TreeNode[Branch], base_style: Style, style: Style) -> Text:  # noqa: ARG002
        """Draw a name, the rows that it was learnt from, a bar and a percentage, in columns."""
        branch = node.data
        if branch is None:
            return Text()
        icon = (self.ICON_NODE_EXPANDED if node.is_expanded else self.ICON_NODE) if branch.below else ""
        indent = _INDENT * branch.path.count(LEVEL) + cell_len(icon)
        room = self.scrollable_content_region.width - indent - _COUNT - _BAR - _PERCENT - 2
        quiet = style + self.get_component_rich_style("label-tree--quiet", partial=True)
        drawn = style + self.get_component_rich_style("label-tree--bar", partial=True)
        share = branch.probability
        return Text.assemble(
            (icon, quiet),
            (fit(branch.name, max(4, room)), style),
            (f"{branch.count:,}".rjust(_COUNT), quiet),
            ("  " + (bar(share, _BAR) if share is not None else " " * _BAR), drawn),
            (
                ("–" if share is None else f"{share:.1%}").rjust(_PERCENT),
                style if share and share >= 0.005 else quiet,
            ),
        )
