"""One run of the loop, whatever it trains on: devices, checkpoints, metrics, and the way back after an interruption."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import keras

from engine.checkpoint import Geometry
from engine.errors import CounselError
from engine.language import text
from train.base import Base
from train.checkpoint import CONFIGURATION, METRICS
from train.devices import find_devices
from train.distribution import Cluster, gather, make_strategy
from train.events import Epoch, Event, Notice, Plan
from train.files import replace_file
from train.footprint import available_bytes, check_memory
from train.loop import Loop
from train.model import GPT2
from train.outlook import Outlook, look_ahead
from train.rendezvous import meet
from train.sequences.pipeline import Batcher, Line
from train.settings import Settings
from train.sources import Scores, Source
from train.trainer import Trainer, loss_of
from train.watching.metrics import MetricsLog

Watch = Callable[[Event], None]


@dataclass(frozen=True)
class Job:
    """What is to be trained.

    Attributes:
        settings: how.
        geometry: of the network.
        pad_id: fills sequences up.
        make: returns the network as it is before training, in the arithmetic that it is given.
        source: of the lines to learn from.
        validation: lines that are measured after every epoch.
        fingerprint: what must be the same when the run goes on.
        score: measures how well a network finds topics; None where there are none.
        folder: of checkpoints and metrics; None to keep none.
        cluster: the machines that train together.
        configuration: the options that repeat the training, as TOML.
        rows: to learn from.
        effective_rows: see `train.sequences.balance.effective_rows`.
        test_rows: measured in the end.
        labels: topics.
    """

    settings: Settings
    geometry: Geometry
    pad_id: int
    make: Callable[[str], GPT2]
    source: Source
    validation: Sequence[Line]
    fingerprint: dict[str, Any]
    score: Callable[[GPT2], Scores] | None = None
    folder: Path | None = None
    cluster: Cluster | None = None
    configuration: str = ""
    rows: int = 0
    effective_rows: float = 0.0
    test_rows: int = 0
    labels: int = 0


class Run:
    """A training that is ready to begin, or to go on.

    Args:
        job: what is to be trained.
        watch: called with everything that happens.
        resume: whether to go on from the newest checkpoint, if there is one.

    Attributes:
        trainer: with the network.
        plan: what is about to happen.

    Raises:
        CounselError: checkpoints are there that would be lost, that are all damaged, or that belong to another training; or
            a machine that is to train along does not come.
    """

    def __init__(self, job: Job, watch: Watch, resume: bool = False) -> None:
        self._job, self._watch = job, watch
        devices = find_devices()
        if job.cluster is not None:
            meet(job.cluster, lambda message: watch(Notice(message)))
        strategy = make_strategy(job.cluster, devices)
        settings = job.settings
        outlook = look_ahead(job, devices, strategy.num_replicas_in_sync)
        _refuse_crowd(outlook.batcher, outlook.replicas)
        self._check_memory(outlook)
        arithmetic, xla = outlook.arithmetic, outlook.xla
        self.trainer = Trainer(lambda: job.make(arithmetic), settings, strategy, xla)
        fingerprint = {**asdict(settings), **job.fingerprint, "arithmetic": arithmetic, "xla": xla}
        score = job.score
        self._loop = Loop(
            self.trainer,
            job.source,
            job.validation,
            settings,
            outlook.batcher,
            job.folder,
            self._tell,
            score and (lambda: score(self.trainer.model)),
            fingerprint,
        )
        self._metrics: MetricsLog | None = None
        self._agree(fingerprint)
        if resume and not self._loop.resume():
            told = text(
                "저장된 체크포인트가 아직 없어 처음부터 시작합니다.",
                "No checkpoint is saved yet: training starts from the beginning.",
            )
            watch(Notice(told))
        if not resume and job.folder is not None and any(job.folder.glob("step-*")):
            raise CounselError(
                text(
                    f"{job.folder}: 이전 학습의 체크포인트가 있습니다. --resume으로 이어 하거나 --overwrite로 새로 시작하세요.",
                    f"{job.folder}: holds checkpoints of an earlier training. Go on with --resume, or start anew with "
                    "--overwrite.",
                )
            )
        variables, trained = self.trainer.model.variables, self.trainer.model.trainable_variables
        self.plan = Plan(
            rows=job.rows or len(job.source),
            effective_rows=job.effective_rows or len(job.source),
            validation_rows=len(job.validation),
            test_rows=job.test_rows,
            labels=job.labels,
            parameters=sum(int(variable.value.shape.num_elements()) for variable in variables),
            trained_parameters=sum(int(variable.value.shape.num_elements()) for variable in trained),
            epochs=settings.epochs,
            steps_per_epoch=self._loop.steps_per_epoch,
            steps=self._loop.steps,
            done=self._loop.state.done,
            devices=_describe(devices.description, arithmetic, xla, job.cluster),
        )

    def train(self) -> list[Epoch]:
        """Train to the end; the best weights are in the network then.

        Raises:
            CounselError: see `Loop.run`.
        """
        folder = self._job.folder
        if folder is None:
            self._watch(self.plan)
            return self._loop.run()
        folder.mkdir(parents=True, exist_ok=True)
        path, configuration = folder / CONFIGURATION, self._job.configuration.encode()
        if not path.is_file() or path.read_bytes() != configuration:
            replace_file(path, configuration)
        state = self._loop.state
        self._metrics = MetricsLog(folder / METRICS, state.done, len(state.history))
        self._watch(self.plan)
        return self._loop.run()

    def measure(self, lines: Sequence[Line]) -> float | None:
        """Return the mean loss on lines in nats per target token, or None if there are none."""
        return loss_of(self.trainer, self._loop.measured(lines))

    def copy_records(self, folder: Path) -> None:
        """Put the configuration and the metrics beside the model."""
        assert self._job.folder is not None
        for name in (CONFIGURATION, METRICS):
            shutil.copyfile(self._job.folder / name, folder / name)

    def _check_memory(self, outlook: Outlook) -> None:
        """Refuse what the system would end without a word; a GPU that is full says so itself."""
        if outlook.devices.kind != "CPU":
            return
        warning = check_memory(outlook.footprint, outlook.survey, available_bytes(), outlook.replicas)
        if warning:
            self._watch(Notice(warning))

    def _tell(self, event: Event) -> None:
        if self._metrics is not None:
            self._metrics.watch(event)
        self._watch(event)

    def _agree(self, fingerprint: dict[str, Any]) -> None:
        """Make sure that all machines train on the same data in the same way."""
        own = crc32(repr(sorted(fingerprint.items())).encode())
        heard = gather(self.trainer.strategy, own)
        other = [number for number, value in enumerate(heard) if value != heard[0]]
        if other:
            raise CounselError(
                text(
                    f"작업기 {other[0]}의 데이터나 설정이 작업기 0과 다릅니다. 같은 파일과 옵션으로 모두 다시 시작하세요.",
                    f"worker {other[0]} has other data or settings than worker 0. Start all with the same files and options.",
                )
            )


def begin(
    base: Base | None, topics: int, geometry: Geometry, settings: Settings, dropout: float, arithmetic: str
) -> GPT2:
    """Return the network as it is before training: the checkpoint's weights, or random ones; a topic head starts anew."""
    keras.utils.set_random_seed(settings.seed)
    model = GPT2(geometry, dropout, arithmetic, settings.lora_rank, settings.freeze, topics)
    if base is not None:
        model.assign(base.tensors())
    return model


def start_anew(folder: Path) -> None:
    """Delete the checkpoints and records of an earlier training."""
    for path in [*folder.glob("step-*"), *folder.glob("best-*"), *folder.glob(".writing-*")]:
        shutil.rmtree(path)
    for path in [folder / CONFIGURATION, folder / METRICS, *folder.glob("events.out.tfevents.*")]:
        path.unlink(missing_ok=True)


def _refuse_crowd(batcher: Batcher, replicas: int) -> None:
    if batcher.passes > batcher.batch_size:
        raise CounselError(
            text(
                f"--batch-size {batcher.batch_size}: 장치 {replicas}개에 나누기에 작습니다. {batcher.passes} 이상을 주세요.",
                f"--batch-size {batcher.batch_size}: too few rows for {replicas} devices. Give {batcher.passes} or more.",
            )
        )


def _describe(devices: str, arithmetic: str, xla: bool, cluster: Cluster | None) -> str:
    parts = [devices, arithmetic, *(["XLA"] if xla else [])]
    if cluster is not None:
        parts.append(
            text(
                f"작업기 {cluster.index + 1}/{len(cluster.workers)}",
                f"worker {cluster.index + 1} of {len(cluster.workers)}",
            )
        )
    return ", ".join(parts)
