"""Options of the form OLD=NEW,…"""

import click

from engine.characters import normalize
from engine.errors import CounselError
from engine.language import text


def parse_label_names(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> dict[str, str]:
    """Return what `--label-names` says: the new name of each label."""
    pairs = [pair.partition("=") for pair in value.split(",")] if value else []
    if any(not (normalize(old) and normalize(new)) for old, _, new in pairs):
        raise CounselError(
            text(
                f"--label-names {value}: '옛이름=새이름'을 쉼표로 이어 적으세요. 예: 0=일상,1=이별",
                f"--label-names {value}: write old=new, separated by commas, such as 0=daily,1=parting",
            )
        )
    names = {normalize(old): normalize(new) for old, _, new in pairs}
    if len(names) < len(pairs):
        raise CounselError(
            text(
                f"--label-names {value}: 같은 라벨이 두 번 나옵니다. 하나만 남기세요.",
                f"--label-names {value}: names a label twice. Leave one.",
            )
        )
    return names
