"""What is known of a training before its network is built: arithmetic, batches, memory."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from train.devices import Devices, choose_arithmetic, choose_xla
from train.footprint import Footprint
from train.sequences.pipeline import Batcher, bucket_lengths
from train.sequences.survey import Survey

if TYPE_CHECKING:
    from train.run import Job


@dataclass(frozen=True)
class Outlook:
    """How a training will be computed.

    Attributes:
        devices: what computes it.
        replicas: how many of them, on all machines together.
        arithmetic: of the network.
        xla: whether XLA compiles the passes.
        batcher: how lines become updates.
        survey: of the first epoch.
        footprint: the memory that it takes on each device.
    """

    devices: Devices
    replicas: int
    arithmetic: str
    xla: bool
    batcher: Batcher
    survey: Survey
    footprint: Footprint


def look_ahead(job: "Job", devices: Devices, replicas: int) -> Outlook:
    """Choose what the settings leave open, and look through the first epoch."""
    settings, lines = job.settings, job.source.lines(1)
    sizes = [len(line.ids) - 1 for line in lines]
    arithmetic = choose_arithmetic(settings, devices)
    xla = choose_xla(settings, devices)
    batcher = Batcher(
        batch_size=settings.batch_size,
        pad_id=job.pad_id,
        context=job.geometry.context,
        passes=settings.accumulate * replicas,
        counted=settings.counted,
        label_weight=settings.label_weight,
        lengths=bucket_lengths(sizes) if settings.buckets else (),
    )
    footprint = Footprint(job.geometry, settings, arithmetic, xla)
    return Outlook(
        devices, replicas, arithmetic, xla, batcher, Survey.of(lines, batcher, settings), footprint
    )
