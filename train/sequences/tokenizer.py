"""Learn a Korean tokenizer on the rows that a model is trained on."""

import json
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

SPECIAL_TOKENS = ("<s>", "</s>", "<pad>", "<unk>", *(f"<unused{number}>" for number in range(10)))
BLANK = "▁"
BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))


def learn_tokenizer(
    texts: Iterable[str], vocab_size: int, alphabet: Collection[str] | None = None
) -> Tokenizer:
    """Learn a byte-pair encoding that keeps KoGPT2's special tokens whole.

    Merges start from characters, as in KoGPT2; a character that was never seen becomes its UTF-8 bytes,
    so that every text has an encoding and `<unk>` is never needed.

    Args:
        texts: the training texts.
        vocab_size: the number of tokens, special tokens and bytes included; fewer if the texts give fewer.
        alphabet: the characters that get a token of their own, all others are written in bytes; all that occur if
            None.

    Returns:
        The tokenizer, its special tokens marked as such.
    """
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))  # noqa: S106
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(BLANK, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[*SPECIAL_TOKENS, *BYTES],
        show_progress=False,
        **({} if alphabet is None else _only(alphabet)),
    )
    tokenizer.train_from_iterator(texts, trainer)
    # The trainer reserves ids for "special" tokens only; the bytes are ordinary ones.
    state = json.loads(tokenizer.to_str())
    state["added_tokens"] = [token for token in state["added_tokens"] if token["content"] not in BYTES]
    return Tokenizer.from_str(json.dumps(state))


def frequent_characters(texts: Iterable[str], count: int) -> list[str]:
    """Return the most frequent characters, equally frequent ones in the order of Unicode.

    Raw text holds thousands that hardly occur. The trainer could leave these out by itself, but where several are
    equally frequent it leaves out others each time.
    """
    counts: Counter[str] = Counter()
    for words in texts:
        counts.update(words)
    return sorted(counts, key=lambda character: (-counts[character], character))[:count]


def _only(alphabet: Collection[str]) -> dict[str, Any]:
    """Return the trainer's arguments by which it learns these characters, and the one for a blank, and no other."""
    allowed = sorted({*alphabet, BLANK} - {" "})
    return {"initial_alphabet": allowed, "limit_alphabet": len(allowed)}
