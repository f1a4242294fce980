"""How much memory this process has taken, at most; and giving back what it does not need."""

import ctypes
import gc
import sys
from typing import Any

_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of glibc's mallopt(3)


def resident_peak() -> int | None:
    """Return the most bytes of this process that were in memory at a time; None where the system does not say."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def gpu_peak() -> int | None:
    """Return the most bytes that TensorFlow has taken of its GPUs, all together; None without one."""
    tensorflow = sys.modules.get("tensorflow")  # who does not compute with it needs not wait for it
    if tensorflow is None:
        return None
    names = [device.name for device in tensorflow.config.list_logical_devices("GPU")]
    if not names:
        return None
    taken = (tensorflow.config.experimental.get_memory_info(name.removeprefix("/device:")) for name in names)
    return int(sum(info["peak"] for info in taken))


def keep_little() -> None:
    """Have glibc return large blocks to the system as soon as they are free; call it before they are taken.

    Left alone, it keeps more and more of them for later, and one step's are in the way of the next one's.
    """
    if (set_option := _glibc("mallopt")) is not None:
        set_option(_MMAP_THRESHOLD, 1 << 20)


def give_back() -> None:
    """Return what compiling has left, half a gigabyte in small blocks, to the system."""
    gc.collect()
    if (trim := _glibc("malloc_trim")) is not None:
        trim(0)


def _glibc(name: str) -> Any:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None  # musl has neither
