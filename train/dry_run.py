"""`counsel train --dry-run`: everything but the training, and what it would take."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from engine.language import text
from train.devices import find_devices
from train.fine_tune import make_job
from train.footprint import available_bytes, check_memory
from train.memory import resident_peak
from train.outlook import Outlook, look_ahead
from train.pages.report import Reader, measure
from train.pages.terminal import show
from train.pages.terminal_parts import figure_list, titled
from train.preparation import Prepared, Request, prepare
from train.run import Job
from train.sequences.specimens import draw_specimens, show_specimens
from train.watching.plain import duration
from train.watching.timing import Timing, time_steps

SHOWN = 3  # lines to be learnt
Figures = Sequence[tuple[str, str]]


def rehearse(request: Request, console: Console) -> None:
    """Show data, lines to be learnt, memory and time of a training that is not made.

    Raises:
        CounselError: rows or base cannot be used, or the training does not fit into memory.
    """
    prepared = prepare(request)
    _show_data(request, prepared, console)
    _show_lines(request, prepared, console)
    rehearse_job(make_job(request, prepared), console)


def rehearse_job(job: Job, console: Console) -> None:
    """Show what a training will take, whatever it trains on.

    Raises:
        CounselError: it does not fit into memory.
    """
    devices = find_devices()
    outlook = look_ahead(job, devices, devices.number)
    _show_part(console, text("과정", "Course"), _course(job, outlook))
    available = available_bytes() if devices.kind == "CPU" else None
    _show_part(console, text("메모리", "Memory"), _memory(outlook, available))
    if available and (warning := check_memory(outlook.footprint, outlook.survey, available)):
        console.print(Text(warning, style="yellow"), "", sep="\n", soft_wrap=True)
    _show_part(console, text("시간", "Time"), _time(job, outlook, time_steps(job)))


def _show_data(request: Request, prepared: Prepared, console: Console) -> None:
    name = request.base.identity if request.base else request.size
    reader = Reader(name, prepared.sampler.codec, prepared.geometry.context)
    test = request.test.rows if request.test else ()
    report = measure(request.data, reader, request.balance, request.settings.seed, test)
    show(report, console, short=True)


def _show_lines(request: Request, prepared: Prepared, console: Console) -> None:
    specimens = draw_specimens(prepared.sampler, prepared.split.training, SHOWN)
    if request.settings.counted != "target":  # then everything behind the first token is predicted
        specimens = [specimen._replace(read=1) for specimen in specimens]
    console.print(Text(text("학습할 줄", "Lines to be learnt"), style="bold"))
    show_specimens(specimens, prepared.sampler.codec, console)
    console.print()


def _show_part(console: Console, title: str, figures: Figures) -> None:
    console.print(titled(title, figure_list(figures)), highlight=False)


def _course(job: Job, outlook: Outlook) -> Figures:
    """Return what will be computed."""
    survey = outlook.survey
    lengths = ", ".join(str(length) for length in sorted({one.length for one in survey.updates}))
    steps, all_steps = survey.steps, _all_steps(job, outlook)
    return [
        (text("학습 행", "rows to train on"), f"{job.rows or len(job.source):,}"),
        (text("검증 행", "held out"), f"{len(job.validation):,}"),
        (
            text("스텝", "steps"),
            text(f"에폭마다 {steps:,}, 많아야 {all_steps:,}", f"{steps:,} an epoch, {all_steps:,} at most"),
        ),
        (text("줄의 길이", "lengths of lines"), text(f"{lengths}토큰", f"{lengths} tokens")),
        (text("패딩", "padding"), f"{100 * survey.padding / survey.positions:.1f} %"),
        (
            text("손실에 드는 토큰", "tokens in the loss"),
            text(f"에폭마다 {survey.tokens:,}", f"{survey.tokens:,} an epoch"),
        ),
    ]


def _all_steps(job: Job, outlook: Outlook) -> int:
    steps = job.settings.epochs * outlook.survey.steps
    return min(steps, job.settings.max_steps or steps)


def _memory(outlook: Outlook, available: int | None) -> Figures:
    """Return what memory will be taken."""
    footprint, survey = outlook.footprint, outlook.survey
    peak, dearest = footprint.peak(survey), footprint.dearest(survey)
    figures = [
        (text("가중치, 기울기, Adam", "weights, gradients, Adam"), _bytes(footprint.fixed)),
        (
            text(
                f"한 번에 {dearest.rows}행 × {dearest.length}토큰",
                f"a pass, {dearest.rows} × {dearest.length} tokens",
            ),
            _bytes(footprint.of_pass(dearest)),
        ),
        (text("모두, 어림", "in all, about"), _bytes(peak)),
    ]
    return (
        figures if available is None else [*figures, (text("쓸 수 있는 것", "available"), _bytes(available))]
    )


def _time(job: Job, outlook: Outlook, timing: Timing) -> Figures:
    """Return how long steps took, and how long the whole training will."""
    plan, survey = timing.plan, outlook.survey
    epoch, compiling = timing.epoch_seconds(survey), timing.compiling_seconds(survey)
    whole = epoch * _all_steps(job, outlook) / survey.steps + compiling
    trained = f"{plan.trained_parameters:,} / " if plan.trained_parameters != plan.parameters else ""
    kinds = len(survey.updates)
    figures = [
        (text("매개변수", "parameters"), f"{trained}{plan.parameters:,}"),
        (text("장치", "devices"), plan.devices),
        (text("스텝", "steps"), ", ".join(f"{step.seconds:.2f} s" for step in timing.steps) or "–"),
        (text(f"{kinds}가지 모양의 준비", f"preparing {kinds} shapes"), duration(compiling)),
        (text("에폭", "an epoch"), duration(epoch)),
        (
            text("모두, 많아야", "in all, at most"),
            text(f"{duration(whole)} (검증은 빼고)", f"{duration(whole)} (but for measuring held-out rows)"),
        ),
    ]
    peak = resident_peak()
    return [*figures, (text("든 메모리", "memory taken"), _bytes(peak))] if peak else figures


def _bytes(number: float) -> str:
    return f"{number / 1e9:.2f} GB"
