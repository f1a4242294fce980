"""The engine as its callers meet it."""

import itertools
import subprocess
import sys
import time
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import PRESETS, BusyError, CounselError, Engine, Reply, Sampling, Token, Topic, Topics
from engine.model_directory import ModelDirectory
from tests.conftest import FIXTURES, LABELS

PROMPTS = st.text(max_size=400) | st.sampled_from(
    [
        "",
        " ",
        "\n\t",
        "</s>",
        "<unused2>",
        "<unused1>일상<unused2>안녕</s>",
        "👩‍👩‍👧‍👦",
        "\x1b[2J\x07",
        "가" * 10_000,
        "a " * 5_000,
    ]
)
GREEDY = Sampling(temperature=0.0)
WILD = Sampling(temperature=2.0, top_k=0, top_p=1.0)


def test_it_learnt_its_rows(trained_engine: Engine) -> None:
    reply = trained_engine.reply("요즘 잠 때문에 힘들어", sampling=GREEDY)
    assert reply.topic == "증상/불면"
    assert reply.text == "잠 이야기를 더 들려주세요."
    assert reply.finish_reason == "eos"


def test_events_come_in_order_and_make_the_reply(trained_engine: Engine) -> None:
    topics, *tokens, reply = trained_engine.stream("어제 발표 때문에 걱정돼요", seed=3)
    assert isinstance(topics, Topics)
    assert isinstance(reply, Reply)
    assert all(isinstance(token, Token) for token in tokens)
    assert "".join(token.text for token in tokens if isinstance(token, Token)) == reply.text
    assert tuple(token.id for token in tokens if isinstance(token, Token)) == reply.token_ids
    assert reply.topics == topics
    assert sum(topic.probability for topic in topics.likeliest) + topics.rest == pytest.approx(1)
    assert {topic.label for topic in topics.likeliest} == set(LABELS)


@settings(max_examples=60)
@given(PROMPTS, st.integers(0, 2**32))
def test_every_prompt_gets_a_topic_and_printable_text(trained_engine: Engine, prompt: str, seed: int) -> None:
    reply = trained_engine.reply(prompt, seed=seed, sampling=Sampling(temperature=2.0, top_k=0, top_p=1.0))
    assert reply.topic in LABELS
    assert not {"\ufffd", "\x1b", "\x07"} & set(reply.text)
    assert not any(special in reply.text for special in ("<unused", "</s>", "<pad>"))
    assert trained_engine.model.codec.special_ids.isdisjoint(reply.token_ids)


def test_a_long_text_is_cut_on_the_left_and_says_so(trained_engine: Engine) -> None:
    reply = trained_engine.reply("가나다라 " * 500 + "요즘 잠 때문에 힘들어", sampling=GREEDY)
    assert reply.truncated
    assert reply.question.endswith("요즘 잠 때문에 힘들어")
    assert not trained_engine.reply("요즘 잠 때문에 힘들어").truncated


def test_the_same_seed_repeats_the_reply_and_another_does_not(trained_engine: Engine) -> None:
    warm = Sampling(temperature=2.0, top_k=0, top_p=1.0)
    first, again, other = (trained_engine.reply("안녕", sampling=warm, seed=seed) for seed in (1, 1, 2))
    assert replace(first, timings=again.timings) == again
    assert first.text != other.text


def test_a_long_question_in_between_changes_nothing(trained_engine: Engine) -> None:
    before = trained_engine.reply("안녕", seed=1)
    trained_engine.reply("가" * 10_000, seed=1)
    assert trained_engine.reply("안녕", seed=1).token_ids == before.token_ids


def test_the_sampling_holds_a_seed_too(trained_engine: Engine) -> None:
    told = trained_engine.reply("안녕", sampling=replace(WILD, seed=5))
    assert told.seed == 5
    assert told.token_ids == trained_engine.reply("안녕", sampling=WILD, seed=5).token_ids
    assert trained_engine.reply("안녕", sampling=replace(WILD, seed=5), seed=6).seed == 6
    assert len({trained_engine.reply("안녕", sampling=WILD).seed for _ in range(3)}) == 3


def test_a_new_process_repeats_a_reply_from_what_it_says(trained_engine: Engine, trained: Path) -> None:
    reply = trained_engine.reply("어제 점심 때문에 힘들어", sampling=WILD)
    code = (
        "import sys; from engine import Engine, Sampling; "
        f"reply = Engine.load(sys.argv[1]).reply({reply.question!r}, sampling={reply.sampling!r}, seed={reply.seed}); "
        "print(reply.model, *reply.token_ids)"
    )
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "import atexit, os; atexit.register(os.write, 2, b'mine'); " + code,
            str(trained),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    assert run.stdout.split() == [reply.model, *map(str, reply.token_ids)]
    assert run.stderr == "mine"  # native libraries say nothing, and keep nobody else from it


def test_an_untold_seed_can_be_used_again(trained_engine: Engine) -> None:
    reply = trained_engine.reply("안녕", sampling=Sampling(temperature=2.0))
    again = trained_engine.reply("안녕", sampling=Sampling(temperature=2.0), seed=reply.seed)
    assert again.token_ids == reply.token_ids


def test_a_given_topic_is_answered_under(trained_engine: Engine) -> None:
    reply = trained_engine.reply("요즘 잠 때문에 힘들어", topic="일상", sampling=GREEDY)
    assert reply.topic == "일상"
    assert reply.topics.likeliest[0].label == "증상/불면"  # the distribution stays honest


def test_an_unknown_topic_is_refused_with_those_that_exist(trained_engine: Engine) -> None:
    with pytest.raises(CounselError, match=r"증상/없음.*증상/불면"):
        trained_engine.reply("안녕", topic="증상/없음")


def test_sampling_is_asked_before_every_token(trained_engine: Engine) -> None:
    asked = 0

    def sampling() -> Sampling:
        nonlocal asked
        asked += 1
        return Sampling(temperature=2.0, top_k=0, min_length=99, max_new_tokens=64 if asked < 5 else 3)

    reply = trained_engine.reply("안녕", sampling=sampling, seed=4)
    assert 3 <= len(reply.token_ids) < 6
    assert [now.max_new_tokens for _, now in reply.samplings] == [64, 3]


def test_stopping_keeps_what_was_said(trained_engine: Engine) -> None:
    said: list[Token] = []
    events = trained_engine.stream(
        "어제 점심 때문에 힘들어", sampling=GREEDY, should_stop=lambda: len(said) == 2
    )
    for event in events:
        if isinstance(event, Token):
            said.append(event)
    assert isinstance(event, Reply)
    assert event.finish_reason == "stopped"
    assert event.text == "".join(token.text for token in said)
    assert len(event.token_ids) == 2


def test_two_generations_at_once_are_refused_until_the_first_is_given_up(trained_engine: Engine) -> None:
    first = trained_engine.stream("안녕")
    next(first)
    with pytest.raises(BusyError):
        trained_engine.reply("안녕")
    first.close()
    assert trained_engine.reply("안녕").text


def test_the_length_limit_ends_a_reply(trained_engine: Engine) -> None:
    reply = trained_engine.reply("안녕", sampling=Sampling(max_new_tokens=2))
    assert (len(reply.token_ids), reply.finish_reason) == (2, "length")


def test_the_length_limit_may_count_the_prompt(trained_engine: Engine) -> None:
    prompt = trained_engine.model.codec.prompt(trained_engine.model.codec.encode("안녕"))
    reply = trained_engine.reply(
        "안녕", topic="일상", sampling=replace(WILD, max_length=len(prompt) + 6, min_length=99)
    )
    assert len(reply.prompt_ids) + len(reply.label_ids) + len(reply.token_ids) == max(
        len(prompt) + 6, len(prompt) + len(reply.label_ids)
    )
    assert reply.finish_reason == "length"


def test_a_reply_goes_on_until_the_context_is_full(trained: Path) -> None:
    with Engine.load(trained) as engine:
        reply = engine.reply("안녕", sampling=Sampling(min_length=1024, max_new_tokens=512), seed=1)
        assert reply.finish_reason == "context"
        total = len(reply.prompt_ids) + len(reply.label_ids) + len(reply.token_ids)
        assert total == engine.model.geometry.context


def test_a_long_text_is_cut_between_sentences(trained_engine: Engine) -> None:
    reply = trained_engine.reply("가나다라 마바사. " * 300 + "요즘 잠 때문에 힘들어", sampling=GREEDY)
    assert reply.truncated
    assert reply.question.startswith("가나다라 마바사. 가나다라")
    assert reply.question.endswith("가나다라 마바사. 요즘 잠 때문에 힘들어")


def test_alternatives_share_what_is_before_them(trained_engine: Engine) -> None:
    replies = trained_engine.alternatives("어제 점심 때문에 힘들어", 4, sampling=WILD, seed=2**32 - 2)
    assert [reply.seed for reply in replies] == [2**32 - 2, 2**32 - 1, 0, 1]
    assert len({reply.text for reply in replies}) > 1
    for reply in replies:
        alone = trained_engine.reply("어제 점심 때문에 힘들어", sampling=WILD, seed=reply.seed)
        assert replace(alone, timings=reply.timings) == reply
    assert all(reply.topics is replies[0].topics for reply in replies)


@settings(max_examples=30)
@given(st.data())
def test_a_reply_taken_up_again(trained_engine: Engine, data: st.DataObject) -> None:
    reply = trained_engine.reply("어제 점심 때문에 힘들어", sampling=WILD, seed=data.draw(st.integers(0, 50)))
    if not reply.token_ids:
        return
    place = data.draw(st.integers(0, len(reply.token_ids) - 1))
    same = trained_engine.continue_from(reply, place, reply.token_ids[place])
    *_, again = same
    assert isinstance(again, Reply)
    assert (again.token_ids, again.text, again.given) == (reply.token_ids, reply.text, place + 1)

    _, first, *_ = trained_engine.continue_from(reply, place, reply.token_ids[place])
    assert isinstance(first, Token)
    other = data.draw(st.sampled_from([candidate.id for candidate in first.before()]))
    if other == first.eos_id:
        return
    topics, *tokens, changed = trained_engine.continue_from(reply, place, other)
    assert topics == reply.topics
    assert isinstance(changed, Reply)
    assert changed.token_ids[: place + 1] == (*reply.token_ids[:place], other)
    told = [token for token in tokens if isinstance(token, Token)]
    assert changed.token_ids[place:] == tuple(token.id for token in told)
    assert changed.text.endswith("".join(token.text for token in told))


def test_what_cannot_be_continued_is_refused(trained_engine: Engine) -> None:
    reply = trained_engine.reply("안녕", sampling=GREEDY)
    eos = trained_engine.model.codec.eos_id
    for place, token in ((-1, 9), (len(reply.token_ids) + 1, 9), (0, eos), (0, 10**6), (0, -1)):
        with pytest.raises(CounselError, match=str(token)):
            list(trained_engine.continue_from(reply, place, token))
    with pytest.raises(CounselError, match="other"):
        list(trained_engine.continue_from(replace(reply, model="other@1/int8"), 0, 9))


def test_what_ended_for_want_of_room_cannot_grow(trained_engine: Engine) -> None:
    reply = trained_engine.reply("안녕", sampling=replace(WILD, min_length=99, max_new_tokens=4), seed=1)
    assert reply.finish_reason == "length"
    with pytest.raises(CounselError, match="4"):
        list(trained_engine.continue_from(reply, 4, 9))
    *_, again = trained_engine.continue_from(reply, 3, reply.token_ids[3])
    assert again == replace(reply, given=4)
    assert hash(again) != hash(reply)


def test_alternatives_end_where_one_is_stopped(trained_engine: Engine) -> None:
    asked = itertools.count()
    replies = trained_engine.alternatives(
        "안녕",
        5,
        sampling=replace(WILD, min_length=99),
        should_stop=lambda: next(asked) > 20,
    )
    assert [reply.finish_reason for reply in replies] == ["stopped"]
    with pytest.raises(CounselError, match="0"):
        trained_engine.alternatives("안녕", 0)


def test_a_model_without_labels_can_be_taken_up_again_too() -> None:
    with Engine.load(FIXTURES / "tiny-gpt2") as engine:
        for seed in range(5):
            sampling = Sampling(max_new_tokens=6, min_length=48)
            first, second = engine.alternatives("마음", 2, sampling=sampling, seed=seed)
            assert second == engine.reply("마음", sampling=sampling, seed=seed + 1)
            *_, again = engine.continue_from(first, 0, first.token_ids[0])
            assert again == replace(first, given=1)


def test_a_limit_that_counts_the_prompt_leaves_room_for_an_answer(long_model: ModelDirectory) -> None:
    with Engine(long_model) as engine:
        reply = engine.reply("가나다라 마바사. " * 100, sampling=PRESETS["original"].sampling, seed=1)
        assert reply.truncated
        assert len(reply.token_ids) > 20


def test_an_engine_that_answers_is_not_closed(trained: Path) -> None:
    with Engine.load(trained) as engine:
        events = engine.stream("안녕")
        next(events)
        with pytest.raises(BusyError):
            engine.close()
        assert isinstance(list(events)[-1], Reply)


def test_odd_wishes(trained_engine: Engine, trained: Path) -> None:
    assert len(trained_engine.reply("안녕", topics=0).topics.likeliest) == 1
    assert len(trained_engine.topics("안녕", 0).likeliest) == 1
    decomposed = unicodedata.normalize("NFD", "일상")
    assert trained_engine.reply("안녕", topic=decomposed).topic == "일상"
    with pytest.raises(CounselError, match="int4"):
        Engine.load(trained, precision="int4")  # type: ignore[arg-type]
    sure = Topics((Topic("하나", 1.0, 1.0),), 0.0, "하나")
    assert str(sure.entropy) == "0.0"


def test_a_token_tells_what_else_could_have_come(trained_engine: Engine) -> None:
    tokens = [
        event
        for event in trained_engine.stream(
            "요즘 잠 때문에 힘들어", sampling=Sampling(temperature=1.0, top_k=5), seed=1
        )
        if isinstance(event, Token)
    ]
    for token in tokens:
        before, after = token.before(), token.after()
        assert len(before) == 20
        assert [c.probability for c in before] == sorted((c.probability for c in before), reverse=True)
        assert 1 <= len(after) <= 5
        assert sum(c.probability for c in after) == pytest.approx(1)
        assert token.probability == pytest.approx({c.id: c.probability for c in after}[token.id])
        greedy = token.after(sampling=GREEDY)  # with no model asked
        assert [(c.id, c.probability) for c in greedy] == [(before[0].id, 1.0)]
    assert tokens[0].before()[0].text.strip() == "잠"


def test_free_decoding_reports_what_is_missing(trained_engine: Engine) -> None:
    seen: set[str] = set()
    for seed in range(60):
        *_, reply = trained_engine.stream("안녕", sampling=WILD, seed=seed, constrain=False)
        assert isinstance(reply, Reply)
        seen.update(reply.problems)
        assert (reply.finish_reason == "eos") == ("not closed" not in reply.problems)
        assert ("unknown label" in reply.problems) == (bool(reply.topic) and reply.topic not in LABELS)
        if "no response" in reply.problems:
            assert not reply.text
    assert {"unknown label", "no response"} <= seen
    sober = trained_engine.reply("요즘 잠 때문에 힘들어", sampling=GREEDY, constrain=False)
    kept = trained_engine.reply("요즘 잠 때문에 힘들어", sampling=GREEDY)
    assert (sober.topic, sober.text, sober.problems) == (kept.topic, kept.text, ())


def test_all_topics_of_a_question(trained_engine: Engine) -> None:
    topics = trained_engine.topics("요즘 잠 때문에 힘들어")
    assert {topic.label for topic in topics.likeliest} == set(LABELS)
    assert topics.rest == pytest.approx(0, abs=1e-9)
    assert topics.chosen == "증상/불면"
    reply = trained_engine.reply("요즘 잠 때문에 힘들어", topics=1)
    assert [topic.label for topic in reply.topics.likeliest] == ["증상/불면"]
    assert reply.topics.likeliest[0].probability == pytest.approx(topics.likeliest[0].probability)


def test_any_gpt2_directory_with_the_tokens_can_be_asked() -> None:
    with Engine.load(FIXTURES / "tiny-gpt2", precision="fp32") as engine:
        reply = engine.reply("안녕하세요", seed=0)
        assert engine.labels == ()
        assert reply.topics.likeliest[0].label == reply.topic
        assert engine.reply("안녕", topic="감정/불안", seed=0).topic == "감정/불안"
        with pytest.raises(CounselError, match="tiny-gpt2"):
            engine.reply("안녕", topic="아주 긴 주제 " * 60)


def test_replying_needs_no_tensorflow(trained: Path) -> None:
    code = (
        "import sys; from engine import Engine; Engine.load(sys.argv[1]).reply('안녕'); "
        "heavy = {'tensorflow', 'keras', 'transformers', 'textual', 'click'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code, str(trained)], check=True)


def test_a_character_in_bytes_comes_whole_and_stays() -> None:
    """The bytes of a second one hide the first from the tokenizer's decoder for a moment."""
    with Engine.load(FIXTURES / "tiny-gpt2") as engine:
        codec = engine.model.codec
        ids = codec.encode("뷁쀍")
        assert [codec.decode(ids[:size]) for size in range(2, 8)] == ["", "", "뷁", "뷁", "뷁", "뷁쀍"]
        for seed in range(40):
            said = ""
            sampling = Sampling(temperature=2.0, top_k=0, top_p=1.0)
            for event in engine.stream("안녕", sampling=sampling, seed=seed, topic="감정/불안"):
                if isinstance(event, Token):
                    said += event.text
            assert isinstance(event, Reply)
            assert event.text == said


def test_a_closed_engine_wakes_up(trained: Path) -> None:
    engine = Engine.load(trained)
    before = engine.reply("안녕", seed=1)
    engine.close()
    engine.close()
    assert engine.reply("안녕", seed=1).token_ids == before.token_ids


def test_the_time_for_which_a_reply_is_held_back_is_told_apart(
    trained_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, held_back = time.perf_counter, 0.0
    monkeypatch.setattr(time, "perf_counter", lambda: clock() + held_back)
    tokens = 0
    for event in trained_engine.stream("요즘 잠 때문에 힘들어"):
        if isinstance(event, Token):
            tokens += 1
            held_back += 1000.0
    assert isinstance(event, Reply)
    assert tokens > 1
    assert event.timings.total > tokens * 1000
    assert event.timings.computing < 1000
