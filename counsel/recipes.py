"""Recipes: named defaults for the options of training, by their long names, as a configuration file would give them."""

from collections.abc import Mapping

from engine.language import text

Recipe = Mapping[str, str | int | float | bool]

DEFAULT = "default"
ORIGINAL = "original"

# Where it differs from the loop's own defaults (train/settings.py): there are held-out rows, which end the training
# once more epochs no longer help.
_DEFAULT: Recipe = {"epochs": 10, "patience": 3, "topic-head": 1.0}

# The published notebook: every pair of utterance and reply in its order, padded to one length, all of it in the loss.
_ORIGINAL: Recipe = {
    "epochs": 20,
    "batch-size": 32,
    "accumulate": 1,
    "learning-rate": 3e-5,
    "schedule": "constant",
    "warmup": 0.0,
    "weight-decay": 0.0,
    "epsilon": 1e-8,
    "clip-norm": 0.0,
    "loss": "all",
    "label-weight": 1.0,
    "label-smoothing": 0.0,
    "topic-head": 0.0,
    "ngrams": False,
    "shuffle": False,
    "buckets": False,
    "patience": 0,
    "responses": "all",
    "balance": 0.0,
    "augment": False,
    "validation": 0.0,
    "test-share": 0.0,
    "dropout": 0.1,
}

RECIPES: Mapping[str, Recipe] = {DEFAULT: _DEFAULT, ORIGINAL: _ORIGINAL}


def explain_recipes() -> str:
    """Return what the recipes are, for the help page."""
    return text(
        "다른 옵션의 기본값 묶음. default: 아래에 적힌 기본값. original: 공개된 노트북 그대로(채운 자리까지 손실에 넣고, "
        "Adam 3e-5 고정, 20 에폭, 섞지 않고 검증 없이). 옵션과 --config가 앞섭니다.",
        "A set of defaults for the other options. default: those given below. original: what the published notebook "
        "does (loss over everything, padding included, Adam at a constant 3e-5, 20 epochs, no shuffling, no "
        "validation). Options and --config come before it.",
    )


def learning_rate(from_scratch: bool, lora_rank: int) -> float:
    """Return the peak learning rate where none is given.

    Weights that have learnt nothing take larger steps than those that have. LoRA's start at zero and are few: 2e-4 is
    that of Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (2021), table 11, for GPT-2.
    """
    if from_scratch:
        return 1e-3
    return 2e-4 if lora_rank else 5e-5
