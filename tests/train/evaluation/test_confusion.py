"""Which labels are taken for which, against scikit-learn's matrix."""

from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from train.evaluation.confusion import Confusion, confusions, count_pairs

LABELS = ["가", "나", "다"]


@given(st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1))
def test_pairs_are_scikit_learns_matrix(pairs: list[tuple[str, str]]) -> None:
    found, expected = [a for a, _ in pairs], [b for _, b in pairs]
    matrix = confusion_matrix(expected, found, labels=LABELS)
    counted = count_pairs(found, expected)
    assert [[counted.get((row, column), 0) for column in LABELS] for row in LABELS] == matrix.tolist()


def test_the_most_frequent_come_first() -> None:
    pairs = count_pairs(["나", "나", "가", "다", "나"], ["가", "가", "가", "나", "나"])
    assert confusions(pairs) == [Confusion("가", "나", 2, 2 / 3), Confusion("나", "다", 1, 1 / 2)]
    assert confusions(count_pairs(["가"], ["가"])) == []
