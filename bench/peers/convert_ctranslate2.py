"""Convert a model directory for CTranslate2: MODEL FOLDER float32|int8. Needs torch and transformers too."""

import sys

from ctranslate2.converters import TransformersConverter

if __name__ == "__main__":
    model, folder, quantization = sys.argv[1:]
    TransformersConverter(model).convert(folder, quantization=quantization)
