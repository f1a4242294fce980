"""How long the next-token view takes to follow a knob, with a vocabulary as large as KoGPT2's: python -m bench.next_token."""

import asyncio
import time

import numpy as np
from textual.app import App, ComposeResult

from engine import PRESETS, Sampling, Token
from tui.next_token import NextToken

WORDS = 51_200
TURNS = 200
KNOBS = {
    "default": PRESETS["default"].sampling,
    "warm": PRESETS["warm"].sampling,
    "original": PRESETS["original"].sampling,
    "no limits": Sampling(temperature=2.0, top_k=0, top_p=1.0),
    "top-p alone": Sampling(temperature=1.5, top_k=0, top_p=0.95),
}


def token(generator: np.random.Generator) -> Token:
    """Return one drawn from logits that fall off as a model's do."""
    logits = generator.normal(0, 3, WORDS).astype(np.float32)
    history = tuple(int(i) for i in generator.integers(0, WORDS, 200))
    return Token(int(logits.argmax()), "", 1.0, Sampling(), logits, history, 1, "토큰{}".format)


class Bench(App[None]):
    """Nothing but the view."""

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield NextToken(Sampling(), id="next-token")


async def main() -> None:
    """Print the 95th percentile of computing and drawing the view, for several settings of the knobs."""
    async with Bench().run_test(size=(44, 16)) as pilot:
        view = pilot.app.query_one(NextToken)
        view.token = token(np.random.default_rng(7))
        for name, sampling in KNOBS.items():
            took, worked = [], []
            for _ in range(TURNS):
                start, begun = time.perf_counter(), time.process_time()
                view.sampling = sampling
                view.render_lines(view.region.reset_offset)
                took.append(time.perf_counter() - start)
                worked.append(time.process_time() - begun)
                view.sampling = Sampling(seed=1)
            wall, processor = (np.percentile(times, 95) * 1000 for times in (took, worked))
            print(f"{name:12} p95 {wall:5.1f} ms, of the processor {processor:5.1f} ms")


if __name__ == "__main__":
    asyncio.run(main())
