"""The model card: what a model was trained on, how, how well it does, and what it cannot do."""

from collections.abc import Mapping
from typing import Any

from engine.experts import AS_IS
from engine.quantization import LIMIT

FRONT_MATTER = """\
---
language: ko
library_name: transformers
pipeline_tag: text-generation
tags: [counsel, gpt2, counselling]
---
"""


ANSWERS = [
    "A GPT-2 that answers a Korean sentence with a topic label and a response, made by `counsel train`.",
    "",
    "    {bos}{question}QUESTION{label}LABEL{response}RESPONSE{eos}",
]
CONTINUES = [
    "A GPT-2 that goes on with Korean text, made by `counsel pretrain`. It knows no topics and gives no answers before",
    "`counsel train --base` has taught it to. Documents end with `{eos}`.",
]
COUNTED = {
    "target": "label, response and the closing token only",
    "text": "every token of question, label and response",
    "all": "every token, padding included",
    None: "every token",
}
SPOKEN = {
    "known": "Its replies are chosen, token by token, from what\nit was trained on",
    "free": "Its replies are sampled from what it\nwas trained on",
}
EXPERTS = [
    "## Topics",
    "",
    "Told by several experts, whose weighted log-probabilities add up: the label's tokens, a head on the state at",
    "the label's beginning, and a linear model on character n-grams. Weights fitted on the validation rows, and so is",
    "the calibration, {slope:g} times the log-odds of the likeliest label and {shift:+g}.",
    "",
]
NOT_CHECKED = [
    "int8, which was not checked against fp32. `counsel doctor --data FILE --write` does so on rows that the",
    "model was not trained on.",
]


def write_card(card: Mapping[str, Any]) -> str:
    """Return the model card in Markdown, made from nothing but the content of `counsel.json`."""
    training, template = card["training"], card["template"]
    files = [_tell_file(file) for file in (*card["trained_on"], *card.get("lexicon", []))]
    before = [_tell_file(file) for file in card.get("base_trained_on", [])]
    experts = [f"| {name} | {weight:g} |" for name, weight in card.get("topic_experts", {}).items()]
    slope, shift = card.get("topic_calibration", AS_IS)
    told_by = [line.format(slope=slope, shift=shift) for line in EXPERTS]
    tested = [_tell_file(file) for file in card.get("tested_on", [])]
    splits = [f"- {part}: `{digest}`" for part, digest in training.get("splits", {}).items()]
    licences = [f"- {licence}" for licence in card["licences"]] or ["- Not stated by whoever trained it."]
    settings = [f"| {name} | {value} |" for name, value in training["configuration"].items()]
    metrics = [f"| {name} | {value:.4g} |" for name, value in card["metrics"].items()]
    graphs = [
        f"| {tried['precision']} | {tried['loss']:.4f} | {tried['loss_increase']:+.2%} | {tried['top1_agreement']:.1%} |"
        for tried in card["quantization"]
    ]
    labels = [f"| {label} | {count:,} |" for label, count in card["labels"].items()]
    summary = [line.format(**template) for line in (ANSWERS if labels else CONTINUES)]
    counted = COUNTED[training["configuration"].get("counted")]
    return "\n".join(
        [
            FRONT_MATTER + f"# {card['name']}",
            "",
            *summary,
            "",
            "**It is a program, no counsellor and no emergency service.** "
            f"{SPOKEN[card.get('replies', 'free')]}: they can be wrong, out of place or hurtful. It makes no diagnosis.",
            "Never let it answer a person in danger.",
            "",
            "## Trained on",
            "",
            *files,
            "",
            *(["The base, before that:", "", *before, ""] if before else []),
            *(["Tested on:", "", *tested, ""] if tested else []),
            *(["SHA-256 of each part's utterances and labels:", "", *splits, ""] if splits else []),
            "Licences:",
            "",
            *licences,
            "",
            "## Trained how",
            "",
            f"From {training['base']}, seed {training['seed']}. The loss is on {counted}.",
            "",
            "| setting | value |",
            "| --- | --- |",
            *settings,
            "",
            "## Measured",
            "",
            "Losses are in nats per target token, on rows of the same files; validation and test rows were held out.",
            "",
            "| figure | value |",
            "| --- | --- |",
            *metrics,
            "",
            *([*told_by, "| expert | weight |", "| --- | --- |", *experts, ""] if experts else []),
            "## Weights of the graph",
            "",
            *(_tell_choice(card["precision"], card["quantization"][-1]) if graphs else NOT_CHECKED),
            *graphs,
            "",
            *(["## Labels", "", "| label | rows |", "| --- | --- |", *labels, ""] if labels else []),
        ]
    )


def _tell_file(file: Mapping[str, Any]) -> str:
    if "documents" in file:
        return (
            f"- `{file['file']}`: {file['documents']:,} documents of {file['characters']:,} characters, "
            f"sha256 `{file['sha256']}`"
        )
    if "entries" in file:
        return f"- `{file['file']}`: a lexicon of {file['entries']:,} entries, sha256 `{file['sha256']}`"
    held_out = file["validation_rows"] + file.get("test_rows", 0)
    joined = f", replies joined by `{file['responses']}`" if "responses" in file else ""
    return (
        f"- `{file['file']}`: {file['rows']:,} rows to learn from and {held_out:,} held out{joined}, "
        f"sha256 `{file['sha256']}`"
    )


def _tell_choice(precision: str, quality: Mapping[str, Any]) -> list[str]:
    return [
        f"{precision}: the coarsest of int8, mixed, fp16 and fp32 whose loss is at most {LIMIT:.0%} above that of",
        f"fp32, {quality['fp32_loss']:.4f} on {quality['rows']:,} held-out rows with {quality['tokens']:,} predicted tokens.",
        "",
        "| weights | loss | against fp32 | same likeliest token |",
        "| --- | --- | --- | --- |",
    ]
