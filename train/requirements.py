"""Is what training needs installed, and only once?"""

from importlib import metadata, util

from engine.errors import CounselError
from engine.language import text

NEEDED = (
    *("tensorflow", "keras", "transformers", "huggingface_hub", "h5py", "msgpack"),
    *("python_calamine", "polars", "psutil", "tomli_w"),
)


def check() -> None:
    """Say how to get what is missing, before anything fails half-way.

    Raises:
        CounselError: a needed package is missing, or two TensorFlows were installed over each other.
    """
    missing = [name for name in NEEDED if util.find_spec(name) is None]
    if missing:
        raise CounselError(
            text(
                f"학습에 필요한 {', '.join(missing)}이(가) 설치되어 있지 않습니다. "
                "저장소에서 `make install`을, 또는 `pip install .`을 실행하세요.",
                f"Training needs {', '.join(missing)}, which is not installed. "
                "Run `make install` in the repository, or `pip install .`.",
            )
        )
    tensorflows = [name for name in ("tensorflow", "tensorflow-cpu") if _is_installed(name)]
    if len(tensorflows) == 2:
        raise CounselError(
            text(
                "tensorflow와 tensorflow-cpu가 같은 폴더에 겹쳐 설치되어 있습니다. "
                "`pip uninstall -y tensorflow tensorflow-cpu` 뒤에 `pip install tensorflow`를 실행하세요.",
                "tensorflow and tensorflow-cpu are installed over each other. "
                "Run `pip uninstall -y tensorflow tensorflow-cpu`, then `pip install tensorflow`.",
            )
        )


def _is_installed(distribution: str) -> bool:
    try:
        metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True
