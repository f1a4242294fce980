"""No text can become a special token, and every text survives encoding."""

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import ModelError
from engine.characters import normalize
from engine.model_directory import ModelDirectory
from engine.template import Codec, Template
from train.sequences.tokenizer import learn_tokenizer

SPECIAL_TEXTS = st.sampled_from(["</s>", "<unused0>", "<unused1>", "<unused2>", "<pad>", "<unk>", "<0x41>"])
ANY_TEXT = st.lists(st.text() | SPECIAL_TEXTS, max_size=6).map("".join)


@given(ANY_TEXT)
def test_no_text_becomes_a_special_token(tiny: ModelDirectory, typed: str) -> None:
    assert not tiny.codec.special_ids & set(tiny.codec.encode(typed))


@given(ANY_TEXT)
def test_a_learned_tokenizer_gives_every_text_back(tiny: ModelDirectory, typed: str) -> None:
    said = normalize(typed).replace("\ufffd", "")
    # The tokenizer writes a blank as "▁"; that character itself reads as a blank.
    assert tiny.codec.decode(tiny.codec.encode(said)) == said.replace("▁", " ").lstrip()


@given(ANY_TEXT)
def test_normalize_changes_nothing_twice(typed: str) -> None:
    assert normalize(normalize(typed)) == normalize(typed)


def test_decomposed_syllables_are_composed() -> None:
    assert normalize("\u1112\u1161\u11ab\u1100\u1173\u11af  도\t끼\n") == "한글 도 끼"


def test_a_training_line_reads_up_to_the_label(tiny: ModelDirectory) -> None:
    codec = tiny.codec
    ids, read = codec.training_sequence("잠이 안 와요", "증상/불면", "괜찮아요")
    assert ids[:2] == [codec.bos_id, codec.question_id]
    assert ids[read - 1] == codec.label_id
    assert codec.decode(ids[read : ids.index(codec.response_id)]) == "증상/불면"
    assert codec.decode(ids[ids.index(codec.response_id) :]) == "괜찮아요"
    assert ids[-1] == codec.eos_id


def test_without_a_response_the_line_ends_with_the_label(tiny: ModelDirectory) -> None:
    ids, _ = tiny.codec.training_sequence("잠이 안 와요", "증상/불면", None)
    assert ids[-1] == tiny.codec.response_id


def test_earlier_turns_are_only_read(tiny: ModelDirectory) -> None:
    codec = tiny.codec
    alone, read_alone = codec.training_sequence("그래요", "일상", "네")
    ids, read = codec.training_sequence("그래요", "일상", "네", [("잠이 안 와요", "언제부터요?")])
    assert ids[read:] == alone[read_alone:]
    assert ids[:read] == codec.prompt(
        codec.encode("그래요"), [(codec.encode("잠이 안 와요"), codec.encode("언제부터요?"))]
    )


def test_a_tokenizer_without_a_needed_token_is_named() -> None:
    with pytest.raises(ModelError, match=r"my\.json.*<unused77>"):
        Codec(learn_tokenizer(["안녕"], 300), Template(label="<unused77>"), "my.json")


@given(st.lists(st.integers(0, 319), max_size=40))
def test_more_ids_only_make_the_text_longer(tiny: ModelDirectory, ids: list[int]) -> None:
    texts = [tiny.codec.decode(ids[:size]) for size in range(len(ids) + 1)]
    for shorter, longer in itertools.pairwise(texts):
        assert longer.startswith(shorter)
    assert all(unicodedata.category(character) != "Cc" for character in texts[-1])


@given(st.text("가뷁쀍👩 a", max_size=10))
def test_bytes_of_no_character_leave_the_others(tiny: ModelDirectory, text: str) -> None:
    codec = tiny.codec
    ids = codec.encode(text)
    broken = codec.tokenizer.token_to_id("<0xFF>")
    assert broken is not None
    assert codec.decode([*ids, broken]) == codec.decode(ids)
    assert codec.decode([broken, *ids]) == codec.decode(ids)


def test_a_token_alone_keeps_its_blank(tiny: ModelDirectory) -> None:
    ids = tiny.codec.encode("오늘은 마음이 무거워요")
    assert "".join(tiny.codec.piece(token) for token in ids).strip() == "오늘은 마음이 무거워요"
    assert tiny.codec.piece(tiny.codec.eos_id) == "</s>"
