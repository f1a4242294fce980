"""What "auto" means on which device."""

import os

import pytest

from train.devices import Devices, choose_arithmetic, choose_xla, find_devices
from train.settings import Settings


def test_what_is_here_is_found() -> None:
    import tensorflow as tf

    devices = find_devices()
    gpus = len(tf.config.list_physical_devices("GPU"))
    assert (devices.kind, devices.number) == (("GPU", gpus) if gpus else ("CPU", 1))
    if not gpus and hasattr(os, "sched_getaffinity"):
        assert devices.description == f"CPU × {len(os.sched_getaffinity(0))}"


@pytest.mark.parametrize(
    ("capability", "expected"),
    # NVIDIA's: P100, V100, T4, A100, L4, H100
    [
        (None, "float32"),
        ((6, 0), "float32"),
        ((7, 0), "float16"),
        ((7, 5), "float16"),
        ((8, 0), "bfloat16"),
        ((8, 9), "bfloat16"),
        ((9, 0), "bfloat16"),
    ],
)
def test_the_arithmetic_is_one_that_the_device_is_made_for(
    capability: tuple[int, int] | None, expected: str
) -> None:
    devices = Devices("GPU" if capability else "CPU", 1, "", capability)
    assert choose_arithmetic(Settings(), devices) == expected
    for wanted in ("float32", "bfloat16", "float16"):
        assert choose_arithmetic(Settings(arithmetic=wanted), devices) == wanted


def test_xla_compiles_on_gpus_and_where_it_is_asked_for() -> None:
    cpu, gpu = Devices("CPU", 1, ""), Devices("GPU", 1, "", (8, 0))
    assert choose_xla(Settings(), gpu)
    assert not choose_xla(Settings(), cpu)
    # Without buckets every length is another shape, which is compiled anew.
    assert not choose_xla(Settings(buckets=False), gpu)
    assert choose_xla(Settings(xla="on", buckets=False), cpu)
    assert not choose_xla(Settings(xla="off"), gpu)
