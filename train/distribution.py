"""Several devices or machines that train one network together, with `tf.distribute`."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from engine.errors import CounselError
from engine.language import text
from train.devices import Devices

TF_CONFIG = "TF_CONFIG"


@dataclass(frozen=True)
class Cluster:
    """The machines that train together, and which of them this process is.

    Attributes:
        workers: their addresses, as "host:port", in the same order on each.
        index: of this one.

    Raises:
        CounselError: an address is none, or the index is none of them.
    """

    workers: tuple[str, ...]
    index: int

    def __post_init__(self) -> None:
        for worker in self.workers:
            host, _, port = worker.rpartition(":")
            if not host or not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
                raise CounselError(
                    text(
                        f"--workers {worker}: 주소가 아닙니다. host:port로, port는 1에서 65535까지 적으세요. "
                        "예: 192.168.0.2:2222",
                        f"--workers {worker}: not an address. Write host:port with a port from 1 to 65535, such as "
                        "192.168.0.2:2222.",
                    )
                )
        if len(set(self.workers)) < len(self.workers) or not 0 <= self.index < len(self.workers):
            raise CounselError(
                text(
                    f"--index {self.index}: 작업기가 {len(self.workers)}대이니 0에서 {len(self.workers) - 1}까지, 주소는 서로 달라야 합니다.",
                    f"--index {self.index}: with {len(self.workers)} workers it goes from 0 to {len(self.workers) - 1}, "
                    "and their addresses differ.",
                )
            )

    @classmethod
    def from_environment(cls) -> Self | None:
        """Read TensorFlow's own variable TF_CONFIG; None if it is not set or names no workers.

        Raises:
            CounselError: it is set and cannot be read.
        """
        stated = os.environ.get(TF_CONFIG)
        if not stated:
            return None
        try:
            config = json.loads(stated)
            workers = tuple(map(str, config["cluster"].get("worker", ())))
            return cls(workers, int(config["task"]["index"])) if len(workers) > 1 else None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CounselError(
                text(
                    f"{TF_CONFIG}: 읽을 수 없습니다({error}). 지우고 --workers와 --index를 쓰세요.",
                    f"{TF_CONFIG}: cannot be read ({error}). Unset it and use --workers and --index.",
                )
            ) from error

    def address(self, index: int) -> tuple[str, int]:
        """Return host and port of a machine."""
        host, _, port = self.workers[index].rpartition(":")
        return host.strip("[]"), int(port)  # an IPv6 address stands in brackets

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the model."""
        return self.index == 0


def make_strategy(cluster: Cluster | None, devices: Devices) -> Any:
    """Return the strategy for these machines and devices; call it before TensorFlow has computed anything."""
    import tensorflow as tf

    if cluster is not None:
        task = {"type": "worker", "index": cluster.index}
        os.environ[TF_CONFIG] = json.dumps({"cluster": {"worker": cluster.workers}, "task": task})
        return tf.distribute.MultiWorkerMirroredStrategy()
    return tf.distribute.MirroredStrategy() if devices.number > 1 else tf.distribute.get_strategy()


def gather(strategy: Any, value: int) -> list[int]:
    """Return the value that each device's process gives, in order."""
    import tensorflow as tf

    if strategy.num_replicas_in_sync == 1:
        return [value]
    own = strategy.experimental_distribute_values_from_function(lambda _: tf.constant([value], tf.int64))
    return [int(number) for number in np.asarray(strategy.gather(own, axis=0))]


@contextmanager
def explaining_lost_workers(cluster: Cluster | None) -> Iterator[None]:
    """Say in one line that another machine is gone.

    TensorFlow notices it by itself: within seconds where its process was killed, by missing heartbeats otherwise.

    Raises:
        CounselError: another machine no longer answers.
    """
    import tensorflow as tf

    try:
        yield
    except tf.errors.OpError as error:
        gone = (
            tf.errors.UnavailableError,
            tf.errors.AbortedError,
            tf.errors.CancelledError,
            tf.errors.DeadlineExceededError,
        )
        named = {int(number) for number in re.findall(r"/task:(\d+)", str(error))}
        if cluster is None or not (isinstance(error, gone) or named):
            raise
        # The first worker hears the others' heartbeats; where its own answers are missing, its number is not named.
        others = named - {cluster.index} or {0} - {cluster.index}
        lost = ", ".join(map(str, sorted(others))) or "?"
        raise CounselError(
            text(
                f"작업기 {lost}이(가) 응답하지 않아 멈췄습니다. 체크포인트는 그대로이니, 모든 작업기에서 같은 명령에 "
                "--resume을 붙여 다시 시작하세요.",
                f"worker {lost} is gone, so training stopped. Checkpoints are safe: restart all workers with the same "
                "command and --resume.",
            )
        ) from error
