"""What TensorFlow computes on."""

from engine.native import hidden_stderr


def find_devices() -> list[str]:
    """Import TensorFlow, without the lines that it writes about itself, and return its devices, as ["CPU"]."""
    with hidden_stderr():
        import tensorflow

        return [device.device_type for device in tensorflow.config.list_physical_devices()]
