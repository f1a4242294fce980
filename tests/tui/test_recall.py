"""Going back through what was said."""

from hypothesis import given
from hypothesis import strategies as st

from tui.recall import Recall


def test_back_and_forth() -> None:
    recall = Recall(lambda: ["하나", "둘"])
    assert recall.newer() is None
    assert [recall.older(), recall.older(), recall.older()] == ["둘", "하나", None]
    assert [recall.newer(), recall.newer(), recall.newer()] == ["둘", "", None]
    assert not recall.is_away
    recall.older()
    recall.leave()
    assert recall.older() == "둘"


@given(st.lists(st.text()), st.lists(st.booleans()))
def test_it_never_leaves_what_was_said(earlier: list[str], steps: list[bool]) -> None:
    recall = Recall(lambda: earlier)
    for older in steps:
        said = recall.older() if older else recall.newer()
        assert said is None or said == "" or said in earlier
        assert recall.is_away or not older or not earlier
