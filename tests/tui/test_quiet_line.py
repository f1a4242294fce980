"""What one quiet line tells of a reply."""

from dataclasses import replace

from engine import Reply, Sampling, Timings, Topics
from tui.quiet_line import quiet_line

REPLY = Reply(
    question="요즘 잠을 못 자요",
    topic="증상/불면",
    topics=Topics((), 0.0, "증상/불면"),
    text="그랬군요.",
    token_ids=(1,) * 30,
    prompt_ids=(),
    label_ids=(),
    seed=7,
    samplings=((0, Sampling(temperature=0.7)),),
    model="x@0/int8",
    finish_reason="eos",
    truncated=False,
    timings=Timings(0.5, 2.0),
)


def test_how_much_how_long_how_fast() -> None:
    assert quiet_line(REPLY) == "토큰 30개 · 2.0초 · 초당 15개"


def test_the_exceptions_come_first() -> None:
    assert quiet_line(replace(REPLY, finish_reason="stopped", truncated=True)).startswith(
        "멈춤 · 앞부분은 못 읽음 · "
    )


def test_changes_in_mid_reply() -> None:
    changed = (
        (0, Sampling(top_k=5)),
        (11, Sampling(top_k=5, temperature=1.2)),
        (20, Sampling(top_k=9, seed=3)),
    )
    line = quiet_line(replace(REPLY, samplings=changed))
    assert "12번째 토큰부터 temperature 1.2" in line
    assert "21번째 토큰부터 temperature 0.7, top_k 9, seed 3" in line


def test_a_reply_that_was_stopped_before_its_first_token() -> None:
    assert quiet_line(replace(REPLY, token_ids=(), timings=Timings(0.0, 0.0))) == "토큰 0개 · 0.0초"
