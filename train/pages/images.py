"""Plots as PNG files, with a Korean font that a package brings; needs the extra `plots`."""

from collections.abc import Iterable
from pathlib import Path

from engine.errors import CounselError
from engine.language import text
from train.pages.svg import Plot, standalone

FONT = "Noto Sans KR"
SCALE = 2.0


def save_images(plots: Iterable[Plot], folder: Path) -> list[Path]:
    """Write each plot to a folder, which is made if need be.

    Returns:
        The files.

    Raises:
        CounselError: the extra is not installed.
    """
    try:
        from pylopdf_fonts_ko import sans_path
        from resvg_py import svg_to_bytes
    except ModuleNotFoundError as error:
        raise CounselError(
            text(
                f"--png에 필요한 {error.name}이(가) 없습니다. `pip install 'counsel[plots]'`로 설치하세요.",
                f"--png needs {error.name}. Install it: `pip install 'counsel[plots]'`.",
            )
        ) from error
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for plot in plots:
        image = svg_to_bytes(
            svg_string=standalone(plot, FONT),
            zoom=SCALE,
            skip_system_fonts=True,  # so that it looks alike everywhere
            font_files=[str(sans_path())],
            font_family=FONT,
            sans_serif_family=FONT,
        )
        path = folder / f"{plot.name}.png"
        path.write_bytes(image)
        written.append(path)
    return written
