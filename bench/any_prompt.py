"""Ask a model 10,000 prompts that nobody would write, and count the replies that cannot be parsed.

    python -m bench.any_prompt [--prompts 10000] [--model DIR]

A reply counts as parseable if its label is one of the model's, the label's tokens end with `<unused2>`, the response
holds no special token, its text is made of its tokens and printable, and no token of the question is special but the
template's own. Exits with 1 if one is not.
"""

import random
import sys
import unicodedata
from collections import Counter

import click

from engine import PRESETS, Engine, Reply

PARTS = (
    "</s>", "<unused0>", "<unused1>", "<unused2>", "<pad>", "<unk>", "<0x41>", "▁", "👩‍👩‍👧‍👦", "🇰🇷", "\x1b[2J", "\x07", "\x00",
    "\u200b", "\u202e", "\ufeff", "\ud7a4", "ㅋㅋㅋ", "가", "각", "\u1100\u1161", "힘들어", "요즘 잠을 못 자요", " ", "\n", "\t", "\u3000",
    "a", "Ω", "𝔘", "\ufffd", "-1", "{}", "%s", "'", '"', "\\",
)  # fmt: skip


def prompts(number: int, seed: int) -> list[str]:
    """Return made-up prompts: empty, blank, very long, random characters, and parts put together."""
    draw = random.Random(seed)  # noqa: S311
    characters = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    kinds = (
        lambda: "".join(draw.choices(PARTS, k=draw.randrange(12))),
        lambda: "".join(draw.choices(characters, k=draw.randrange(40))),
        lambda: " " * draw.randrange(5),
        lambda: draw.choice(PARTS) * draw.randrange(10_000 // 12),
        lambda: "".join(draw.choices(PARTS, k=10_000))[:10_000],
    )
    weights = (60, 30, 3, 5, 2)
    return [draw.choices(kinds, weights)[0]() for _ in range(number)]


def faults(engine: Engine, reply: Reply) -> list[str]:
    """Return what makes a reply unparseable."""
    codec = engine.model.codec
    frame = [codec.bos_id, codec.question_id, codec.label_id]
    question = [token for token in reply.prompt_ids if token in codec.special_ids]
    found = {
        "topic": reply.topic not in engine.labels,
        "label tokens": list(reply.label_ids) != [*codec.encode(reply.topic), codec.response_id],
        "special token in the response": bool(codec.special_ids & set(reply.token_ids)),
        "special token in the question": question != frame,
        "text": reply.text != codec.decode(reply.token_ids),
        "control character": any(unicodedata.category(c) in ("Cc", "Cs") for c in reply.text),
    }
    return [name for name, wrong in found.items() if wrong]


@click.command(help=__doc__)
@click.option("--prompts", "number", default=10_000, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--model", default=None, help="A model folder; the shipped one if not given.")
def main(number: int, seed: int, model: str | None) -> None:
    """Print the count."""
    wrong = 0
    ends: Counter[str] = Counter()
    presets = list(PRESETS.values())
    with Engine.load(model) as engine:
        for count, prompt in enumerate(prompts(number, seed)):
            reply = engine.reply(prompt, sampling=presets[count % len(presets)].sampling, seed=count)
            ends[reply.finish_reason] += 1
            if found := faults(engine, reply):
                wrong += 1
                print(f"{', '.join(found)}: {prompt[:200]!r}")
    print(f"unparseable: {wrong} of {number}; ended by {dict(ends)}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
