"""An invented sheet of the exact shape of AI Hub's Wellness dialogue script, which may not be redistributed.

5,231 rows below the header 구분/유저/챗봇, grouped by label; replies stand beside the first utterances of their label.
"""
# ruff: noqa: SIM905

import csv
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import openpyxl

HEADER = ("구분", "유저", "챗봇")
ROWS, LABELS, LEVEL_1, LEVEL_2 = 5231, 359, 12, 177
RESPONSES, DIFFERENT_RESPONSES, SHARED_RESPONSES = (
    1034,
    1023,
    8,
)  # the last: different ones under several labels
PAIRS = 15_857  # every utterance with every reply of its label
TWICE, CONTRADICTORY = 16, 4  # utterances that occur twice; those of them that do so under two labels
BLANK_RUN = "요즘    잠을 통 이루지 못해서 하루 종일 멍하게 지내요"

_LARGEST = (
    209, 120, 105, 95, 88, 80, 80, 77, 72, 68, 64, 61, 58, 55, 52, 50, 48, 46, 44, 42, 41, 40, 39, 38, 37, 36, 35, 34,
    33, 32, 31, 30, 29, 28, 27,
)  # fmt: skip
_OTHERS = {
    5: 79, 6: 35, 7: 35, 8: 25, 9: 25, 10: 11, 11: 12, 12: 12, 13: 12, 14: 11, 15: 10, 16: 9, 17: 9, 18: 8, 19: 8,
    20: 7, 21: 6, 22: 5, 23: 3, 24: 2,
}  # fmt: skip
SIZES = (*_LARGEST, *(size for size, labels in _OTHERS.items() for _ in range(labels)))

# How many replies labels of a size have, one entry a label; the others have three.
_REPLIES = {
    5: [0] * 4 + [2] * 53,
    42: [5],
    41: [5],
    40: [5],
    14: [4] * 2,
    15: [4] * 2,
    16: [4] * 3,
    17: [4] * 2,
} | {size: [4] for size in (10, 11, 12, 13, 18, 19, 20)}

_FIRST = "감정 증상 배경 원인 관계 생활 자가치료 현재상태 상황 치료이력 내원이유 모호함".split()
_SECOND = "불안감 우울감 분노 외로움 무기력 두통 불면 식욕 직장 학교 가족 친구 건강 생각 기억".split()
_THIRD = "증상재발 심해짐 지속 악화 시작 반복 걱정 갈등".split()
_FOURTH = "최근 오래됨 자주 가끔 처음 다시".split()

_TIMES = (
    "오늘 어제 요즘 아까 밤마다 아침마다 주말에 퇴근길에 혼자서 가끔 "
    "자꾸 며칠째 매일 새벽에 그제 점심때 저녁에 이따금 문득 여전히"
).split()
_THINGS = (
    "잠이 마음이 머리가 회사가 가족이 친구가 시험이 몸이 돈이 미래가 "
    "약속이 연락이 발표가 소음이 숨이 기억이 집이 날씨가 음식이 사람이"
).split()
_STATES = (
    "두려워요 답답해요 걱정이에요 힘들어요 싫어졌어요 무서워요 괴로워요 버거워요 "
    "막막해요 슬퍼요 낯설어요 부담돼요 귀찮아요 아득해요 속상해요 불편해요"
).split()
_HEARD = (
    "그러셨군요 힘드셨겠어요 괜찮습니다 그랬군요 속상하셨겠네요 "
    "걱정되시죠 이해합니다 마음이쓰이네요 수고하셨어요 잘하셨어요"
).split()
_ASKED = "언제부터 무엇이 누구와 어디서 얼마나 어떻게 왜 어떤때 몇번쯤 요즘도".split()
_ENDED = (
    "그런가요 힘든가요 그랬나요 느끼시나요 달라졌나요 "
    "이어지나요 심해지나요 생각나나요 떠오르나요 줄었나요 늘었나요"
).split()
_MORE_SAID = (
    " 그래서 하루 종일 아무것도 손에 잡히지 않고 누구에게 말해야 할지도 모르겠고 그냥 시간이 빨리 지나갔으면 좋겠다는 "
    "마음만 들어서 어떻게 하면 좋을지 알고 싶어서 이렇게 적어 보고 있어요 들어 주세요"
)
_MORE_ASKED = " 천천히 편하신 만큼만 이야기해 주시면 제가 곁에서 끝까지 귀 기울여 듣고 함께 생각해 볼게요 서두르지 않으셔도 돼요"


def wellness_rows() -> list[tuple[str, str, str | None]]:
    """Return the lines below the header: label, utterance, response."""
    said, replies = _utterances(), _replies()
    waiting = {size: list(counts) for size, counts in _REPLIES.items()}
    rows: list[tuple[str, str, str | None]] = []
    for label, size in zip(_labels(), _mixed(SIZES), strict=True):
        number = waiting[size].pop() if waiting.get(size) else 3
        own = [next(replies) for _ in range(number)]
        rows += [(label, next(said), own[place] if place < number else None) for place in range(size)]
    for place in range(TWICE):
        row = 300 * place + 150
        first = (
            row - 1 if place >= CONTRADICTORY else row + 240
        )  # those with a neighbour are of the same label
        while place >= CONTRADICTORY and rows[row][0] != rows[first][0]:
            row, first = row + 1, first + 1
        rows[row] = (rows[row][0], rows[first][1], rows[row][2])
    rows[77] = (rows[77][0], BLANK_RUN, rows[77][2])
    return rows


def make_wellness(path: Path) -> Path:
    """Write the sheet; a csv as they circulate, with a byte order mark and an empty fourth column."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows((*row, None) for row in (HEADER, *wellness_rows()))
        return path
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    for row in (HEADER, *wellness_rows()):
        sheet.append(row)
    book.save(path)
    return path


def _labels() -> list[str]:
    seconds = [f"{_FIRST[node % LEVEL_1]}/{_SECOND[node // LEVEL_1]}" for node in range(LEVEL_2)]
    thirds = [f"{second}/{_THIRD[node % len(_THIRD)]}" for node, second in enumerate(seconds)]
    fourths = [f"{third}/{_FOURTH[node % len(_FOURTH)]}" for node, third in enumerate(thirds)]
    return sorted([*seconds[:120], *thirds, *fourths[:62]])


def _mixed(sizes: tuple[int, ...]) -> list[int]:
    """Return the sizes in an order in which large and small ones stand side by side."""
    return [sizes[(place * 100) % len(sizes)] for place in range(len(sizes))]  # 359 is prime: each comes once


def _utterances() -> Iterator[str]:
    for number in count():
        time, rest = _TIMES[number % len(_TIMES)], number // len(_TIMES)
        thing, state = _THINGS[rest % len(_THINGS)], _STATES[rest // len(_THINGS)]
        length = 117 if number == 2000 else 24 + number % 9
        yield _to_length(f"{time} {thing} {state}", _MORE_SAID, length)


def _replies() -> Iterator[str]:
    """Yield 1,034, 1,023 of them different: five come twice and three thrice, each time under another label."""
    again = {100: 0, 150: 3, 200: 6, 250: 9, 300: 12, 350: 15, 400: 18, 450: 21, 500: 15, 550: 18, 600: 21}
    numbers = count()
    made: list[str] = []
    for place in range(RESPONSES):
        if place in again:
            made.append(made[again[place]])
        else:
            number = next(numbers)
            heard, rest = _HEARD[number % len(_HEARD)], number // len(_HEARD)
            asked, ended = _ASKED[rest % len(_ASKED)], _ENDED[rest // len(_ASKED)]
            length = 67 if number == 500 else 27 + number % 9
            made.append(_to_length(f"{heard} {asked} {ended}", _MORE_ASKED, length))
        yield made[-1]


def _to_length(core: str, more: str, length: int) -> str:
    cut = (core + more)[:length]
    return f"{cut[:-1]}요" if cut.endswith(" ") else cut
