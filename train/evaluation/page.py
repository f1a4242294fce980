"""An evaluation as one web page that needs nothing else."""

from html import escape

from engine.language import text
from train.evaluation.evaluate import Evaluation
from train.evaluation.plots import plots
from train.evaluation.summary import Grid, confusion_grid, sections, subject, topic_grids
from train.pages.page_parts import figure_card, figure_table, file_lines, heading, plot_card, whole_page
from train.pages.plots import WIDTH
from train.rows.check import excerpt

PAIRS = 30  # that are confused


def write_page(evaluation: Evaluation) -> str:
    """Return the page."""
    drawn = plots(evaluation)
    title = text("모델의 평가", "How good a model is")
    notes = "".join(f"<p>{escape(note)}</p>" for note in evaluation.notes)
    about = "".join(
        f'<p class="soft">{escape(name)}: {escape(told)}</p>' for name, told in subject(evaluation).figures
    )
    cards = "".join(figure_card(*section) for section in sections(evaluation))
    topics, thirds = topic_grids(evaluation)
    confused = confusion_grid(evaluation, PAIRS)
    body = [
        f"<header><h1>{title}</h1>{file_lines(evaluation.files)}{about}{notes}</header>",
        heading(topics.title),
        _grid(topics),
        heading(thirds.title),
        _grid(thirds),
        *([heading(text("응답", "Responses")), f'<div class="cards">{cards}</div>'] if cards else []),
        heading(text("확신과 혼동", "Confidence and confusion")),
        f'<div class="plots">{"".join(plot_card(plot) for plot in drawn if plot.width < WIDTH)}</div>',
        *(plot_card(plot) for plot in drawn if plot.width == WIDTH),
        heading(confused.title),
        _grid(confused),
    ]
    if evaluation.replies:
        header = [text("라벨", "label"), text("발화", "utterance"), text("뽑은 응답", "sampled reply")]
        rows = [
            [sample.label, *(excerpt(part, 400)[1:-1] for part in (sample.question, sample.reply))]
            for sample in evaluation.replies.samples
        ]
        body += [heading(text("표본", "Samples")), f'<div class="card">{figure_table(header, rows, 3)}</div>']
    return whole_page(title, evaluation.model, body)


def _grid(grid: Grid) -> str:
    if not grid.rows:
        return f'<div class="card soft">{text("없습니다.", "None.")}</div>'
    hint = f'<p class="soft">{escape(grid.hint)}</p>' if grid.hint else ""
    return f'<div class="card">{figure_table(grid.header, grid.rows, grid.names)}{hint}</div>'
