"""The breath as a round shape that grows and shrinks."""

from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.disc import half_block, largest_radius, line_of_disc, without_shades

_SMALLEST = 0.25  # the radius with empty lungs, as a part of the largest


class Breath(Widget):
    """A disc as full as the lungs; it is seen without colours, too."""

    COMPONENT_CLASSES = {"breath--shape"}

    fullness = reactive(0.0)

    def render_line(self, y: int) -> Strip:
        """Draw a line of the disc."""
        columns, rows = self.size
        radius = largest_radius(columns, rows) * (_SMALLEST + (1 - _SMALLEST) * self.fullness)
        shape = self.get_component_styles("breath--shape").color
        behind = self.background_colors[1]
        cells = line_of_disc(radius, y, columns, rows)
        if self.app.console.color_system != "truecolor":
            cells = [(without_shades(upper), without_shades(lower)) for upper, lower in cells]
        segments = []
        for upper, lower in cells:
            character, *strengths = half_block(upper, lower)
            ink, paper = (behind.blend(shape, strength * shape.a).rich_color for strength in strengths)
            segments.append(Segment(character, Style(color=ink, bgcolor=paper)))
        return Strip(segments, columns)
