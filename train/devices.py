"""What TensorFlow computes on, and with which arithmetic."""

import os
from dataclasses import dataclass

from engine.native import hidden_stderr
from train.memory import keep_little
from train.settings import Settings

# NVIDIA's compute capability from which on matrix products in that type are fast.
BFLOAT16_SINCE, FLOAT16_SINCE = (8, 0), (7, 0)


@dataclass(frozen=True)
class Devices:
    """What there is to compute on.

    Attributes:
        kind: "GPU", or else "CPU".
        number: of GPUs, or 1.
        description: in words.
        capability: the least compute capability of the GPUs; None without any, or where it is unknown.
    """

    kind: str
    number: int
    description: str
    capability: tuple[int, int] | None = None


def find_devices() -> Devices:
    """Import TensorFlow, without the lines that it writes about itself, and look what it can compute on."""
    keep_little()
    with hidden_stderr():
        import tensorflow as tf

        tf.get_logger().setLevel("ERROR")  # its advice is for whoever wrote the program
        gpus = tf.config.list_physical_devices("GPU")
        details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    if not gpus:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return Devices("CPU", 1, f"CPU × {cores}")
    names = {str(detail.get("device_name", "GPU")) for detail in details}
    capabilities = [detail.get("compute_capability") for detail in details]
    least = min(capabilities) if all(capabilities) else None
    return Devices("GPU", len(gpus), f"{', '.join(sorted(names))} × {len(gpus)}", least)


def choose_arithmetic(settings: Settings, devices: Devices) -> str:
    """Return what "auto" means here."""
    if settings.arithmetic != "auto":
        return settings.arithmetic
    capability = devices.capability or (0, 0)
    if capability >= BFLOAT16_SINCE:
        return "bfloat16"
    return "float16" if capability >= FLOAT16_SINCE else "float32"


def choose_xla(settings: Settings, devices: Devices) -> bool:
    """Return whether XLA compiles the steps.

    "auto" does on GPUs. On CPUs, oneDNN's matrix products are as fast without, and there is nothing to wait for
    (`python -m bench.train` measures both).
    """
    if settings.xla != "auto":
        return settings.xla == "on"
    return settings.buckets and devices.kind == "GPU"
