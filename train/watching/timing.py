"""How long a training will take, from a few steps of it."""

from contextlib import suppress
from dataclasses import dataclass, replace

from train.events import Compiling, Event, Plan, Step
from train.run import Job, Run
from train.sequences.survey import Survey

TIMED = 3  # steps


class _EnoughSteps(Exception):  # noqa: N818 -- no error
    pass


@dataclass(frozen=True)
class Timing:
    """What a few steps took.

    Attributes:
        plan: of the training that was begun.
        compiling: seconds of each step that had to be traced or compiled first.
        steps: `TIMED` others, or as many as there were.
    """

    plan: Plan
    compiling: list[float]
    steps: list[Step]

    def epoch_seconds(self, survey: Survey) -> float:
        """Return how long an epoch's steps take, if each position takes as long as in these."""
        steps = self.steps or [Step(1, 1, 1, 0.0, 0.0, 0.0, 0, 1, 0, 0.0)]
        return survey.positions * sum(step.seconds for step in steps) / sum(step.positions for step in steps)

    def compiling_seconds(self, survey: Survey) -> float:
        """Return how much longer the first step of each kind of pass takes."""
        usual = self.epoch_seconds(survey) / self.plan.steps_per_epoch
        return len(survey.updates) * max(0.0, sum(self.compiling) / len(self.compiling) - usual)


def time_steps(job: Job) -> Timing:
    """Begin a training, of which nothing is kept, until `TIMED` steps needed no compiling."""
    compiling: list[float] = []
    timed: list[Step] = []
    is_new = False

    def watch(event: Event) -> None:
        nonlocal is_new
        if isinstance(event, Compiling):
            is_new = True
        elif isinstance(event, Step):
            if is_new:
                compiling.append(event.seconds)
            else:
                timed.append(event)
            is_new = False
            if len(timed) == TIMED:
                raise _EnoughSteps

    # Nothing is measured after an epoch, and no other machine waited for.
    run = Run(replace(job, folder=None, validation=(), score=None, cluster=None), watch)
    with suppress(_EnoughSteps):
        run.train()
    return Timing(run.plan, compiling, timed)
