"""Which column of a table is what."""

from collections.abc import Collection, Mapping

from engine.characters import normalize
from engine.language import text
from train.rows.reading import DataError, Table

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "question": ("유저", "질문", "발화", "사용자", "question", "q", "user", "utterance"),
    "label": ("구분", "라벨", "주제", "label", "topic", "category"),
    "response": ("챗봇", "응답", "답변", "response", "a", "answer", "reply"),
    "dialogue": ("대화", "대화번호", "dialogue", "dialog", "conversation"),
    "turn": ("턴", "순서", "turn"),
}
NEEDED = ("question", "label", "response")


def find_columns(table: Table, given: Mapping[str, str], needed: Collection[str] = NEEDED) -> dict[str, int]:
    """Return the position of each role's column.

    Args:
        table: with a header.
        given: the names of columns by their role, where they are none of `COLUMNS`.
        needed: the roles that some column must have.

    Raises:
        DataError: a column is missing, holds no text, or more than one could be meant.
    """
    folded = [name.lower() for name in table.names]
    wanted = {role: (normalize(given[role]).lower(),) if role in given else COLUMNS[role] for role in COLUMNS}
    places = {role: [i for i, name in enumerate(folded) if name in wanted[role]] for role in COLUMNS}
    missing = [
        "/".join(wanted[role][:2])
        for role in COLUMNS
        if not places[role] and (role in needed or role in given)
    ]
    twice = [table.names[found[1]] for found in places.values() if len(found) > 1]
    there = ", ".join(filter(None, table.names))
    if missing:
        raise DataError(
            text(
                f"{table.header}: {', '.join(missing)} 열이 없습니다(있는 열: {there}). "
                "첫 행에 열 이름을 적거나 `--columns question=…,label=…,response=…`로 알려 주세요.",
                f"{table.header}: the column {', '.join(missing)} is missing (found: {there}). Name the columns in "
                "the first row, or tell them with `--columns question=…,label=…,response=…`.",
            )
        )
    if twice:
        raise DataError(
            text(
                f"{table.header}: {', '.join(twice)} 열이 어느 것인지 둘 이상이라 알 수 없습니다. 하나만 남기거나 "
                "`--columns`로 고르세요.",
                f"{table.header}: more than one column could be meant by {', '.join(twice)}. Leave one, or choose "
                "with `--columns`.",
            )
        )
    chosen = {role: found[0] for role, found in places.items() if found}
    for name in (table.names[place] for place in chosen.values()):
        if name in table.no_text:
            raise DataError(
                text(
                    f"{table.no_text[name]}: '{name}'의 값이 글이 아니라 목록이나 객체입니다. 글로 바꾸세요.",
                    f"{table.no_text[name]}: '{name}' holds a list or an object instead of text. Make it text.",
                )
            )
    return chosen
