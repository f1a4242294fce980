"""Learn a Korean tokenizer on the rows that a model is trained on."""

import json
from collections.abc import Iterable

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

SPECIAL_TOKENS = ("<s>", "</s>", "<pad>", "<unk>", *(f"<unused{number}>" for number in range(10)))
BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))


def learn_tokenizer(texts: Iterable[str], vocab_size: int) -> Tokenizer:
    """Learn a byte-pair encoding that keeps KoGPT2's special tokens whole.

    Merges start from characters, as in KoGPT2; a character that was never seen becomes its UTF-8 bytes,
    so that every text has an encoding and `<unk>` is never needed.

    Args:
        texts: the training texts.
        vocab_size: the number of tokens, special tokens and bytes included; fewer if the texts give fewer.

    Returns:
        The tokenizer, its special tokens marked as such.
    """
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))  # noqa: S106
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[*SPECIAL_TOKENS, *BYTES],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    # The trainer reserves ids for "special" tokens only; the bytes are ordinary ones.
    state = json.loads(tokenizer.to_str())
    state["added_tokens"] = [token for token in state["added_tokens"] if token["content"] not in BYTES]
    return Tokenizer.from_str(json.dumps(state))
