"""A long text in short pieces, of which a bounded number is judged, so that no text takes long."""

import re

SHORT = 600  # characters that are judged as they are
_LENGTH, _OVERLAP = 240, 60
_MOST = 6  # passages of a long text
# What takes no room on a screen, and rows of one sign, would push the letters of a word into different passages.
_NOISE = re.compile(
    r"[\u00ad\u0300-\u036f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff]+"
)
_ROW = re.compile(r"([^\w]|ㅋ|ㅎ|ㅠ|ㅜ)\1{3,}")
_WORDS = (
    *(
        "죽고",
        "죽구",
        "죽을",
        "죽는",
        "죽었",
        "죽으",
        "죽이",
        "죽여",
        "쥭",
        "주거",
        "주글",
        "자살",
        "자ㅅ",
        "자해",
        "싶",
        "목숨",
    ),
    *(
        "유서",
        "뛰어",
        "손목",
        "손찌검",
        "때려",
        "때리",
        "때렸",
        "맞고",
        "맞아",
        "맞았",
        "폭행",
        "폭력",
        "칼",
        "약",
        "목을",
        "목매",
    ),
    *(
        "목소",
        "사라",
        "없어",
        "살기",
        "살고",
        "끝내",
        "옥상",
        "한강",
        "ㅈ",
        "ㅅ",
        "환청",
        "감시",
        "해치",
        "찌르",
        "찔",
        "불을",
    ),
    *(
        "번개",
        "연탄",
        "태어",
        "kill",
        "die",
        "dead",
        "suicid",
        "myself",
        "end",
        "cut",
        "hurt",
        "voice",
        "rap",
        "beat",
    ),
    *("tkf", "wnr"),  # 살 and 죽 on an English keyboard
)
_SUSPICIOUS = re.compile(f"(?=[{''.join(sorted({word[0] for word in _WORDS}))}])(?:{'|'.join(_WORDS)})")


def passages(said: str) -> list[str]:
    """Return the pieces of a text that are to be judged: all of it if it is short.

    Of a very long one these are the different pieces with the most suspicious words, the first and the last among them.
    """
    if len(said) <= SHORT:
        return [said]
    text = _ROW.sub(r"\1", _NOISE.sub("", said))
    step = _LENGTH - _OVERLAP
    pieces = list(dict.fromkeys(text[start : start + _LENGTH] for start in range(0, len(text), step)))
    if len(pieces) <= _MOST:
        return pieces
    inner = sorted(pieces[1:-1], key=lambda piece: -len(set(_SUSPICIOUS.findall(piece.lower()))))
    return [pieces[0], pieces[-1], *inner[: _MOST - 2]]
