"""Ours against what a user could pick instead, on a model of KoGPT2's geometry: time a token, prefill, load, memory.

    python -m bench.decode --work DIR [--rounds 5] [--only NAME]…

Every peer runs in an environment of its own, made in DIR on first use (7 GB, llama.cpp is compiled), on the same
random weights, two cores, a prompt of 20 tokens and 64 new ones. A round starts each peer once, in a process of its
own, so that a drift of the machine hits all alike; ratios are taken within a round. `--only` takes part of a name.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from bench.peers.common import THREADS

ROOT = Path(__file__).parents[1]
OURS = ""  # the environment that runs this file
TORCH = ("torch==2.13.0", "transformers==5.23.0")
ENVIRONMENTS: Mapping[str, Sequence[str]] = {
    "llama_cpp": ("llama-cpp-python==0.3.36", "gguf==0.19.0", "safetensors"),
    "ctranslate2": ("ctranslate2==4.8.5", "numpy"),
    "torch": TORCH,
    # Apart from "ctranslate2", which imports torch and transformers where it finds them.
    "convert": ("ctranslate2==4.8.5", *TORCH),
    "keras_hub": ("keras-hub==0.32.0", "tensorflow==2.21.0", "safetensors"),
    "recipe": ("transformers==4.57.6", "tf-keras==2.21.0", "tensorflow==2.21.0"),
}
MODEL = "kogpt2"
# What is made of the model directory: the environment, the module and its last argument.
CONVERTED: Mapping[str, tuple[str, str, str]] = {
    MODEL: (OURS, "bench.kogpt2", ""),
    "q8_0.gguf": ("llama_cpp", "bench.peers.convert_gguf", "q8_0"),
    "f16.gguf": ("llama_cpp", "bench.peers.convert_gguf", "f16"),
    "ctranslate2-float32": ("convert", "bench.peers.convert_ctranslate2", "float32"),
    "ctranslate2-int8": ("convert", "bench.peers.convert_ctranslate2", "int8"),
}


@dataclass(frozen=True)
class Peer:
    """One line of the table.

    Attributes:
        name: as it stands there.
        environment: one of `ENVIRONMENTS`, or `OURS`.
        module: in `bench.peers`.
        words: its command line, files of `CONVERTED` among them.
        once: too slow to run in every round.
    """

    name: str
    environment: str
    module: str
    words: tuple[str, ...] = ()
    once: bool = False


PEERS = (
    Peer("**counsel, int8**", OURS, "counsel", (MODEL, "int8", "sampled")),
    Peer("llama.cpp q8_0", "llama_cpp", "llama_cpp", ("q8_0.gguf", "sampled")),
    Peer("CTranslate2 int8", "ctranslate2", "ctranslate2", ("ctranslate2-int8", "int8")),
    Peer("counsel, int8, greedy", OURS, "counsel", (MODEL, "int8", "greedy")),
    Peer("llama.cpp q8_0, greedy", "llama_cpp", "llama_cpp", ("q8_0.gguf", "greedy")),
    Peer("llama.cpp f16", "llama_cpp", "llama_cpp", ("f16.gguf", "sampled")),
    Peer("counsel, fp32", OURS, "counsel", (MODEL, "fp32", "sampled")),
    Peer("CTranslate2 fp32", "ctranslate2", "ctranslate2", ("ctranslate2-float32", "float32")),
    Peer("torch, transformers `generate`, fp32", "torch", "torch_transformers", (MODEL,)),
    Peer("KerasHub `GPT2CausalLM.generate`", "keras_hub", "keras_hub", (MODEL,), once=True),
    Peer("the recipe: `TFGPT2LMHeadModel.generate`, eager", "recipe", "recipe", (MODEL, "eager"), once=True),
    Peer("the recipe in XLA, n-grams may repeat", "recipe", "recipe", (MODEL, "xla"), once=True),
    Peer("memory floor: 124 MB of 8-bit weights", OURS, "floor"),
)
COLUMNS = ("ms_per_token", "prefill_ms", "load_s", "peak_mb")
Result = dict[str, Any]


def interpreter(work: Path, environment: str) -> str:
    """Return the Python of an environment, making it if it is missing or its distributions have changed."""
    if environment == OURS:
        return sys.executable
    folder = work / "environments" / environment
    python, done = folder / "bin" / "python", folder / "installed.txt"
    distributions = ENVIRONMENTS[environment]
    if not done.exists() or done.read_text().split() != list(distributions):
        click.echo(f"{environment}: installing {' '.join(distributions)}", err=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *distributions], check=True)
        done.write_text("\n".join(distributions))
    return str(python)


def convert(work: Path, name: str) -> Path:
    """Return a file of `CONVERTED`, making it if it is missing."""
    path, unfinished = work / name, work / f"unfinished-{name}"
    if not path.exists():
        environment, module, kind = CONVERTED[name]
        words = [unfinished] if name == MODEL else [convert(work, MODEL), unfinished, kind]
        click.echo(f"{name}: being made", err=True)
        subprocess.run([interpreter(work, environment), "-m", module, *words], check=True, cwd=ROOT)
        unfinished.rename(path)
    return path


def bind_to_cores() -> None:
    """Leave two cores to this process and all that it starts."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])


def surroundings(work: Path) -> dict[str, str]:
    """Return the environment variables of a peer's process."""
    own = {
        "OMP_NUM_THREADS": str(THREADS),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "XDG_CACHE_HOME": str(work / "cache"),
    }
    return {**os.environ, **own}


def run(work: Path, peer: Peer) -> Result | None:
    """Run a peer once; None, and its last words on the terminal, if it fails."""
    words = [str(convert(work, word)) if word in CONVERTED else word for word in peer.words]
    result = call(work, peer, words)
    if result:
        click.echo(f"{peer.name}: {result['ms_per_token']:.2f} ms a token", err=True)
    return result


def call(work: Path, peer: Peer, words: Sequence[str]) -> Result | None:
    """Run a peer's module in its environment, and return the JSON that it prints; None if it fails, as for `run`."""
    command = [interpreter(work, peer.environment), "-m", f"bench.peers.{peer.module}", *words]
    process = subprocess.run(
        command, cwd=ROOT, env=surroundings(work), capture_output=True, text=True, check=False
    )
    if process.returncode:
        click.echo(f"{peer.name}: failed\n{process.stderr[-1000:]}", err=True)
        return None
    # Libraries may talk too.
    printed = next(text for text in process.stdout.splitlines() if text.startswith("{"))
    result: Result = json.loads(printed)
    return result


def line(peer: Peer, results: Sequence[Result | None], ours: Sequence[Result | None]) -> str:
    """Return a peer's line of the table: medians, and the ratio to ours within each round."""
    found = [result for result in results if result]
    if not found:
        return f"| {peer.name} | failed |"
    medians = [_median(found, column) for column in COLUMNS]
    pairs = zip(results, ours, strict=False)
    ratios = [its["ms_per_token"] / own["ms_per_token"] for its, own in pairs if its and own]
    faster = f"{sum(ratio > 1 for ratio in ratios)} of {len(ratios)}" if results is not ours else ""
    relation = f"{statistics.median(ratios):.2f}" if ratios else ""
    return f"| {' | '.join([peer.name, medians[0], relation, faster, *medians[1:], found[0]['version']])} |"


def _median(results: Sequence[Result], column: str) -> str:
    if column not in results[0]:
        return ""
    middle = statistics.median(result[column] for result in results)
    return f"{middle:,.0f}" if middle >= 100 else f"{middle:.1f}"


@click.command(help=__doc__)
@click.option("--work", required=True, type=click.Path(path_type=Path), help="Environments and models.")
@click.option("--rounds", default=5, show_default=True)
@click.option("--only", multiple=True, metavar="NAME", help="Run only ours and the peers named.")
def main(work: Path, rounds: int, only: Sequence[str]) -> None:
    """Prepare everything, run the rounds, print the table."""
    work = work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    bind_to_cores()
    chosen = [
        peer for peer in PEERS if peer is PEERS[0] or not only or any(part in peer.name for part in only)
    ]
    for peer in chosen:
        interpreter(work, peer.environment)
        for word in set(peer.words) & set(CONVERTED):
            convert(work, word)
        if peer.module == "counsel":
            run(work, peer)  # builds the graph, which is then at hand for every round
    results: dict[Peer, list[Result | None]] = {peer: [] for peer in chosen}
    for number in range(rounds):
        click.echo(f"round {number + 1} of {rounds}", err=True)
        for peer in chosen:
            if number == 0 or not peer.once:
                results[peer].append(run(work, peer))
    print("| | ms a token | × ours | ours faster in | prefill of 20, ms | load, s | peak, MB | |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for peer in chosen:
        print(line(peer, results[peer], results[PEERS[0]]))


if __name__ == "__main__":
    main()
