"""Ours, whole replies, greedy: MODEL draft|plain < questions, one a line. Prints a line of JSON for each."""

import json
import sys

from engine import Engine, Sampling


def main() -> None:
    """Answer the first question once more before all, to warm up."""
    model, mode = sys.argv[1:]
    questions = sys.stdin.read().splitlines()
    greedy = Sampling(temperature=0.0)
    with Engine.load(model) as engine:
        codec = engine.model.codec
        engine.reply(questions[0], sampling=greedy, draft=mode == "draft")
        for question in questions:
            reply = engine.reply(question, sampling=greedy, draft=mode == "draft")
            label = [*codec.encode(reply.topic), codec.response_id]
            result = {
                "prompt": [*codec.prompt(codec.encode(question)), *label],
                "eos": codec.eos_id,
                "ids": reply.token_ids,
                "text": reply.text,
                "seconds": reply.timings.total,
                "drafted": reply.timings.drafted,
                "passes": reply.timings.passes,
            }
            print(json.dumps(result, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
