"""`tf_model.h5`: names as Keras made them over the years, and nothing from other files."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given

from engine.errors import ModelError
from engine.model_directory import ModelDirectory
from tests.conftest import FIXTURES
from tests.train.weights.damage import changes, lengths, read_damaged
from train.weights.keras_file import open_keras

FILE = FIXTURES / "checkpoints" / "keras" / "tf_model.h5"
PREFIX = "transformer/tfgpt2lm_head_model/transformer/"


@pytest.mark.parametrize(
    "prefix",
    ["transformer/tfgp_t2lm_head_model_1/transformer/", "transformer/tf_gpt2_model/transformer/", ""],
)
def test_whatever_keras_called_the_model(prefix: str, tmp_path: Path, tiny: ModelDirectory) -> None:
    path = tmp_path / "tf_model.h5"
    with h5py.File(FILE) as old, h5py.File(path, "w") as new:

        def copy(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                new[prefix + name.removeprefix(PREFIX).replace("wte/embeddings", "wte/weight")] = item[()]

        old.visititems(copy)
        new["optimizer_weights/iteration:0"] = 7
    tensors = open_keras(path)
    assert tensors.keys() == tiny.geometry.shapes().keys()
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(tensor.read(), tiny.weights.tensor(name))


def test_numbers_in_other_files_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(40))
    name = "transformer/tfgpt2/transformer/wpe/embeddings:0"
    path = tmp_path / "tf_model.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset(name, (10,), "f4", external=[(str(secret), 0, 40)])
    with pytest.raises(ModelError, match=r"tf_model\.h5"):
        open_keras(path)
    with h5py.File(path, "w") as file:
        layout = h5py.VirtualLayout((10,), "f4")
        layout[:] = h5py.VirtualSource(str(FILE), name, (10,))
        file.create_virtual_dataset(name, layout)
    with pytest.raises(ModelError, match=r"tf_model\.h5"):
        open_keras(path)
    with h5py.File(path, "w") as file:
        file["transformer"] = h5py.ExternalLink(str(FILE), "transformer")
    assert open_keras(path) == {}


@given(changed=changes, length=lengths)
def test_damaged_files(tmp_path_factory: pytest.TempPathFactory, changed: Any, length: int | None) -> None:
    read_damaged(FILE, changed, length, tmp_path_factory.mktemp("damaged"))
