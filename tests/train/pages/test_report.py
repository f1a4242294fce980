"""Figures, plots and pages say what is in the data: those of the Wellness sheet's shape, one by one."""

import io
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from engine.language import choose
from engine.model_directory import SHIPPED, ModelDirectory
from tests.wellness import make_wellness
from train.pages.page import write_page
from train.pages.plots import WIDTH, Node, label_tree, plots
from train.pages.plots import _squares as squares
from train.pages.report import Lengths, Reader, Report, as_dict, count_levels, measure
from train.pages.svg import fit, log_ticks, standalone, ticks, width_of
from train.pages.terminal import show
from train.rows.data import Data, DataFile, Row, read_data
from train.rows.reading import Place

NASTY = "<b>감정</b>/\"불안\" & '두려움'"
VOID = {"meta", "link", "br", "img", "input", "hr"}


@pytest.fixture(scope="module")
def reader() -> Reader:
    model = ModelDirectory.load(SHIPPED)
    return Reader(model.name, model.codec, model.geometry.context)


@pytest.fixture(scope="module")
def wellness(reader: Reader, tmp_path_factory: pytest.TempPathFactory) -> Report:
    path = tmp_path_factory.mktemp("wellness") / "wellness.xlsx"
    return measure(read_data([make_wellness(path)]), reader)


def report_of(rows: list[tuple[str, str, str | None]], reader: Reader) -> Report:
    path = Path("rows.csv")
    made = [
        Row(question, label, reply, Place(path, number))
        for number, (question, label, reply) in enumerate(rows, 2)
    ]
    return measure(Data([DataFile(path, "0" * 64, len(made), False)], made, []), reader)


def test_figures_of_the_wellness_sheet(wellness: Report) -> None:
    figures = as_dict(wellness)
    assert figures["rows"] == 5231
    labels = figures["labels"]
    assert labels["number"] == 359
    assert labels["levels"][:2] == [12, 177]
    assert len(labels["levels"]) == 4
    assert (labels["min"], labels["max"], labels["median"], labels["labels_at_min"]) == (5, 209, 9, 79)
    assert round(labels["mean"], 1) == 14.6
    assert labels["head"] == 35
    assert round(labels["head_share"], 3) == 0.387
    assert sum(labels["counts"].values()) == 5231
    responses = figures["responses"]
    assert (responses["number"], responses["different"], responses["under_several_labels"]) == (1034, 1023, 8)
    assert {number: responses["per_label"][number] for number in (0, 2, 3)} == {0: 4, 2: 53, 3: 283}
    assert max(responses["per_label"]) == 5
    assert responses["pairs"] == 15857
    characters = figures["characters"]
    assert (round(characters["question"]["mean"]), characters["question"]["max"]) == (28, 117)
    assert (round(characters["response"]["mean"]), characters["response"]["max"]) == (31, 67)
    assert figures["repeated_utterances"] == 16
    found = {finding["kind"]: finding["number"] for finding in figures["findings"]}
    assert found["duplicated row"] + found["contradictory rows"] == 16
    assert found["label without responses"] == 4


def test_balancing_moves_rows_from_head_to_tail(wellness: Report) -> None:
    before, after = list(wellness.counts.values()), list(wellness.expected.values())
    assert sum(after) == pytest.approx(5231)
    assert after == sorted(after, reverse=True)
    assert after[0] < before[0]
    assert after[-1] > before[-1]
    assert 359 < wellness.effective_rows < 5231


def test_every_figure_is_on_both_pages(wellness: Report) -> None:
    for page in (terminal(wellness, 120), re.sub("<[^>]+>", "", write_page(wellness))):
        for told in (
            "5,231",
            "359",
            "1: 12, 2: 177",
            "209행",
            "14.6",
            "79",
            "38.7 %",
            "1,034",
            "1,023",
        ):
            assert told in page
        for told in ("0개: 4, 2개: 53, 3개: 283", "15,857", "28.0", "117", "31.0", "67", "큰 라벨 35개의 몫"):
            assert told in page


def terminal(report: Report, width: int) -> str:
    file = io.StringIO()
    show(report, Console(file=file, width=width))
    return file.getvalue()


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_terminal_page_keeps_to_its_width(wellness: Report, width: int) -> None:
    lines = terminal(wellness, width).splitlines()
    assert max(map(cell_len, lines)) <= width


def test_figures_stand_in_one_column(wellness: Report) -> None:
    lines = terminal(wellness, 80).splitlines()
    starts = {
        cell_len(line[: line.index(value)])
        for value in ("5,231 ", "359 ", "14.6 ", "1,034 ")
        for line in lines
        if f" {value}" in line and "행" not in line.partition(value)[2] and "sha" not in line
    }
    assert len(starts) == 1


class Page(HTMLParser):
    """Checks that elements are closed in order, and gathers what is in them."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def parse(content: str) -> Page:
    page = Page()
    page.feed(content)
    page.close()
    assert not page.open
    return page


def test_the_page_needs_nothing_else(wellness: Report) -> None:
    content = write_page(wellness)
    page = parse(content)
    assert not {"script", "link", "img", "iframe", "object"} & set(page.elements)
    assert not [
        name for name, _ in page.attributes if name in ("src", "href", "xlink:href") or name.startswith("on")
    ]
    assert "//" not in content.replace("<!doctype", "")
    assert "url(" not in content
    assert "@import" not in content
    assert "prefers-color-scheme:dark" in content
    assert page.elements["svg"] == len(plots(wellness)) == 6
    assert "감정/가족/증상재발" in content
    assert '<html lang="ko">' in content


def test_texts_are_escaped(reader: Reader) -> None:
    report = report_of([(f"{NASTY} {n}", NASTY, f"{NASTY}!") for n in range(3)], reader)
    content = write_page(report)
    page = parse(content)
    assert "b" not in page.elements
    assert NASTY in page.text
    assert all("<b>" not in standalone(plot, "Noto") for plot in plots(report))


def test_personal_data_is_on_no_page(reader: Reader) -> None:
    report = report_of([("제 번호는 010-1234-5678이에요", "감정", "네, 010-1234-5678이군요")] * 2, reader)
    assert "5678" not in terminal(report, 120)
    assert "5678" not in write_page(report)


def test_the_page_is_english_too(reader: Reader) -> None:
    choose("en")
    try:
        content = write_page(report_of([("hello", "daily", None)], reader))
    finally:
        choose("ko")
    assert '<html lang="en">' in content
    assert not re.search("[가-힣]", content)


@given(
    st.lists(
        st.tuples(st.text(min_size=1, max_size=8), st.sampled_from(["가/나", "가/다/라", "마", "/", "바/"])),
        min_size=0,
        max_size=60,
    )
)
def test_any_rows_can_be_shown(reader: Reader, rows: list[tuple[str, str]]) -> None:
    report = report_of([(question, label, None) for question, label in rows], reader)
    parse(write_page(report))
    assert terminal(report, 80)


def test_labels_of_levels() -> None:
    assert count_levels(["가", "가/나", "가/다/라", "마/나"]) == [2, 3, 1]
    tree = label_tree({"가": 1, "가/나": 2, "마": 5})
    assert [(node.name, node.rows) for node in tree.children.values()] == [("마", 5), ("가", 3)]


@given(st.lists(st.integers(1, 500), min_size=1, max_size=40))
def test_areas_are_in_proportion_and_do_not_overlap(sizes: list[int]) -> None:
    root = Node(
        "", sum(sizes), {str(n): Node(str(n), size) for n, size in enumerate(sorted(sizes, reverse=True))}
    )
    placed = squares(root, 0, 0, WIDTH, 500)
    assert len(placed) == len(sizes)
    for node, (x, y, width, height) in placed:
        assert width * height == pytest.approx(WIDTH * 500 * node.rows / sum(sizes), rel=1e-3)
        assert -1e-3 <= x <= x + width <= WIDTH + 1e-3
        assert -1e-3 <= y <= y + height <= 500 + 1e-3
    boxes = [box for _, box in placed]
    for index, (x, y, width, height) in enumerate(boxes):
        for a, b, c, d in boxes[:index]:
            assert min(x + width, a + c) - max(x, a) < 1e-3 or min(y + height, b + d) - max(y, b) < 1e-3


@given(st.integers(1, 10**7))
def test_scales_reach_what_they_show(greatest: int) -> None:
    for marks in (ticks(greatest), log_ticks(greatest)):
        assert marks == sorted(set(marks))
        assert marks[-1] >= greatest
        assert len(marks) < 24


@given(st.text(max_size=20), st.integers(0, 300))
def test_texts_fit(content: str, width: int) -> None:
    assert width_of(fit(content, width)) <= width


def test_lengths() -> None:
    lengths = Lengths.of([1, 2, 2, 3, 100])
    assert (lengths.mean, lengths.max, lengths.at(0.5), lengths.at(0.95), lengths.at(1)) == (
        21.6,
        100,
        2,
        100,
        100,
    )
    assert (Lengths.of([]).mean, Lengths.of([]).max, Lengths.of([]).at(0.5)) == (0, 0, 0)


def test_a_label_with_needless_blanks_is_joined_with_a_warning(tmp_path: Path, reader: Reader) -> None:
    """As in ChatbotData.csv."""
    path = tmp_path / "chatbot.csv"
    lines = [
        "Q,A,label",
        *(f'발화 {n},"네, 응답 {n}",{n % 3}' for n in range(30)),
        "보고 싶어,연락해 봐요,2   ",
    ]
    path.write_bytes("\r\n".join(lines).encode())
    report = measure(read_data([path]), reader)
    assert report.counts == {"0": 10, "1": 10, "2": 11}
    (finding,) = report.findings
    assert (finding.severity, finding.kind) == ("warning", "blanks in a label")
    assert "32행" in finding.message
    assert "'2   '" in finding.message
