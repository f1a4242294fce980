"""The one form in which the model reads and writes: `</s><unused0>QUESTION<unused1>LABEL<unused2>RESPONSE</s>`.

Sequences are built and parsed as token ids, never by splitting decoded text, so nothing that a person
types can become a special token.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Literal

from tokenizers import Tokenizer

from engine.characters import normalize, without_control
from engine.errors import ModelError
from engine.language import text

PAD = "<pad>"
_BYTE = re.compile("<0x([0-9A-F]{2})>")  # a token that stands for one byte of UTF-8
UNFINISHED = "\ufffd"  # what a tokenizer gives for bytes that are no whole character


@dataclass(frozen=True)
class Template:
    """The texts of the special tokens that separate the parts of a sequence."""

    bos: str = "</s>"
    question: str = "<unused0>"
    label: str = "<unused1>"
    response: str = "<unused2>"
    eos: str = "</s>"


class Codec:
    """A tokenizer together with a template.

    Args:
        tokenizer: any Hugging Face tokenizer that knows the template's special tokens.
        template: the texts of the special tokens.
        source: the name of the tokenizer's file, for error messages.

    Attributes:
        tokenizer: the tokenizer.
        special_ids: the ids that stand for no text.
        vocab_size: one more than the largest id.

    Raises:
        ModelError: a token of the template is unknown to the tokenizer.
    """

    def __init__(self, tokenizer: Tokenizer, template: Template, source: str) -> None:
        self.template = template
        self.tokenizer = tokenizer
        tokenizer.encode_special_tokens = True  # a typed "<unused2>" stays plain text
        tokenizer.no_padding()
        tokenizer.no_truncation()
        missing = sorted(t for t in set(asdict(template).values()) if tokenizer.token_to_id(t) is None)
        if missing:
            raise ModelError(
                text(
                    f"{source}: 특수 토큰 {', '.join(missing)}이(가) 없습니다. "
                    "KoGPT2의 토크나이저를 쓰거나 이 토큰을 추가하세요.",
                    f"{source}: lacks the special token {', '.join(missing)}. "
                    "Use KoGPT2's tokenizer, or add the token to this one.",
                )
            )
        separators = {template.question, template.label, template.response}
        if len(separators - {template.bos, template.eos}) < 3:
            raise ModelError(
                text(
                    f"{source}: 템플릿의 질문, 라벨, 응답, 끝 토큰이 서로 같습니다. 서로 다른 토큰을 쓰세요.",
                    f"{source}: question, label, response and end of the template share a token. Use different ones.",
                )
            )
        self.bos_id = self._id(template.bos)
        self.question_id = self._id(template.question)
        self.label_id = self._id(template.label)
        self.response_id = self._id(template.response)
        self.eos_id = self._id(template.eos)
        self.pad_token = template.eos if tokenizer.token_to_id(PAD) is None else PAD
        self.pad_id = self._id(self.pad_token)
        added = tokenizer.get_added_tokens_decoder()
        self.special_ids = frozenset(token_id for token_id, token in added.items() if token.special) | {
            self._id(token) for token in asdict(template).values()
        }
        self.vocab_size = max(tokenizer.get_vocab().values()) + 1
        self._numbers = list(range(self.vocab_size))
        self._bytes = {
            token_id: int(byte[1], 16)
            for token, token_id in tokenizer.get_vocab().items()
            if (byte := _BYTE.fullmatch(token))
        }
        self.piece = lru_cache(maxsize=4096)(self._piece)

    def _id(self, token: str) -> int:
        token_id = self.tokenizer.token_to_id(token)
        assert token_id is not None
        return token_id

    def encode(self, sentence: str) -> list[int]:
        """Return the ids of a text, none of them special."""
        ids = self.tokenizer.encode(normalize(sentence), add_special_tokens=False).ids
        # The same objects for all texts: the replies of a long conversation hold very many ids.
        return [self._numbers[token_id] for token_id in ids if token_id not in self.special_ids]

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids; special tokens, control characters and incomplete characters leave no trace.

        More ids only make the text longer, so that it can be shown while it grows.
        """
        decoded = self.tokenizer.decode(self._whole_characters(ids), skip_special_tokens=True)
        return without_control(decoded.replace(UNFINISHED, "")).lstrip()

    def _whole_characters(self, ids: Sequence[int]) -> list[int]:
        """Leave out byte tokens that make up no character: tokenizers would give up all others next to them."""
        kept: list[int] = []
        begun: list[int] = []
        for token in ids:
            if token not in self._bytes:
                begun = []
                kept.append(token)
                continue
            begun.append(token)
            if (state := self._utf8(begun)) == "invalid":  # the last byte may begin another character
                begun = begun[-1:]
                state = self._utf8(begun)
            if state == "whole":
                kept += begun
            if state != "begun":
                begun = []
        return kept

    def _utf8(self, tokens: Sequence[int]) -> Literal["whole", "begun", "invalid"]:
        try:
            bytes(self._bytes[token] for token in tokens).decode()
        except UnicodeDecodeError as error:
            return "begun" if error.reason == "unexpected end of data" else "invalid"
        return "whole"

    def _piece(self, token_id: int) -> str:
        """Return the text of one token as it stands within a text, so with its blank; a special one's name."""
        if token_id in self.special_ids:
            return self.tokenizer.id_to_token(token_id) or ""
        before = self.tokenizer.encode("가", add_special_tokens=False).ids
        alone = self.tokenizer.decode([*before, token_id]).removeprefix(self.tokenizer.decode(before))
        return without_control(alone.replace(UNFINISHED, "")) or self.tokenizer.id_to_token(token_id) or ""

    def prompt(
        self, question_ids: Sequence[int], turns: Sequence[tuple[Sequence[int], Sequence[int]]] = ()
    ) -> list[int]:
        """Return all that stands before the label.

        Args:
            question_ids: the question's tokens.
            turns: question and response of each earlier turn.

        Returns:
            BOS; for each earlier turn `<unused0>`, its question, `<unused2>`, its response; then `<unused0>`, the
            question, `<unused1>`.
        """
        ids = [self.bos_id]
        for earlier, response in turns:
            ids += [self.question_id, *earlier, self.response_id, *response]
        return [*ids, self.question_id, *question_ids, self.label_id]

    def training_sequence(
        self, question: str, label: str, response: str | None, turns: Sequence[tuple[str, str]] = ()
    ) -> tuple[list[int], int]:
        """Return a training line's ids, and how many of them are only read and never predicted.

        Without a response the line ends after `<unused2>`, so that the label alone is learnt.

        Args:
            question: the utterance.
            label: its topic.
            response: the reply.
            turns: question and response of each earlier turn, which are only read.
        """
        earlier = [(self.encode(said), self.encode(answered)) for said, answered in turns]
        prompt = self.prompt(self.encode(question), earlier)
        target = [*self.encode(label), self.response_id]
        if response is not None:
            target += [*self.encode(response), self.eos_id]
        return prompt + target, len(prompt)
