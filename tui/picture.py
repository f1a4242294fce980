"""A picture of the terminal that anyone can look at: Korean as wide as its cells, and no server asked for a font."""

import html
import re

from rich.cells import cell_len

_TEXT = re.compile(r'textLength="([0-9.]+)"([^>]*)>([^<]*)</text>')
_FONT_FACE = re.compile(r"@font-face \{.*?\}", re.DOTALL)
_FONTS = "NanumGothicCoding, D2Coding, Noto Sans Mono CJK KR"


def mend(svg: str) -> str:
    """Return an SVG of Rich's or Textual's `export_svg` that shows Korean and stays on this machine.

    They count characters, and so squeeze Korean, whose letters are two cells wide; and they name a font on a server,
    which whoever looks at the picture would ask for it.
    """
    svg = _FONT_FACE.sub("", _TEXT.sub(_with_cell_widths, svg))
    return svg.replace("Fira Code", _FONTS)


def _with_cell_widths(match: re.Match[str]) -> str:
    length, attributes, escaped = match.groups()
    content = html.unescape(escaped)
    width = float(length) / len(content) * cell_len(content)
    return f'textLength="{width:.1f}"{attributes}>{escaped}</text>'
