"""Train on two logical CPUs, which must be set up before TensorFlow is used: `python -m tests.train.replicas FILE`."""

import sys

import numpy as np
import tensorflow as tf
from safetensors.numpy import save_file

from tests.train.test_trainer import train


def main() -> None:
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    assert strategy.num_replicas_in_sync == 2
    losses, weights, validation = train(accumulate=2, strategy=strategy)
    save_file({**weights, "losses": np.array(losses), "validation": np.array(validation)}, sys.argv[1])


if __name__ == "__main__":
    main()
