"""From rows to a model directory: everything that needs TensorFlow lives here."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"  # before the first `import keras`
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow and transformers report what they lack
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
