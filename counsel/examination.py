"""What `counsel doctor` looks at: the parts of a model directory, and what the weights of its graph cost."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Literal

import numpy as np

from counsel.check import Check
from engine import locations
from engine.checkpoint import sha256
from engine.drafts import Drafts
from engine.engine import Engine
from engine.errors import CounselError
from engine.language import text
from engine.model_directory import CARD_FILE, RESPONSES_FILE, ModelDirectory
from engine.precision import PRECISIONS
from engine.quantization import LIMIT, Quality, choose, sample
from engine.runtime import default_threads
from engine.sampling import Sampling
from engine.topics import LabelTrie

if TYPE_CHECKING:
    from train.rows.data import Data  # not installed by `make chat`

QUESTION = "요즘 잠을 못 자요"
HOW_TO_MEASURE = "counsel doctor --data FILE --write"


def examine(path: Path, data: "Data | None", rows: int, write: bool) -> Iterator[Check]:
    """Yield each part's check.

    Raises:
        CounselError: the model, or none of the rows, can be used.
    """
    model = ModelDirectory.load(path)
    yield _check_files(model)
    template = asdict(model.codec.template)
    tokens = {token: model.codec.tokenizer.token_to_id(token) for token in template.values()}
    tokens_told = " ".join(f"{token}={token_id}" for token, token_id in tokens.items())
    yield Check("ok", "tokens", tokens_told)
    yield _check_labels(model)
    yield _check_responses(model)
    threads, processors = default_threads(), os.cpu_count()
    told = text(
        f"{threads}개(논리 프로세서 {processors}개)", f"{threads} (of {processors} logical processors)"
    )
    yield Check("ok", "threads", told)
    started = perf_counter()
    with Engine(model) as engine:
        yield _check_graph(model, perf_counter() - started)
        reply = engine.reply(QUESTION, sampling=Sampling(temperature=0.0), constrain=False)
    yield Check(
        "warning" if reply.problems else "ok",
        "reply",
        f"{QUESTION} → [{reply.topic}] {' '.join(reply.text.split())} ({', '.join(reply.problems) or reply.finish_reason})",
    )
    yield _recall(model) if data is None else _measure(model, data, rows, write)


def _check_files(model: ModelDirectory) -> Check:
    size = sum(path.stat().st_size for path in model.path.iterdir() if path.is_file())
    known = f"{model.identity}, {size / 1e6:.1f} MB, sha256"
    hashes: Mapping[str, str] = model.card.get("sha256", {})
    if not hashes:
        told = text(
            "기록이 없어 바뀌었는지 알 수 없음", "not recorded, so that a change would not be noticed"
        )
        return Check("warning", "files", f"{known}: {told}")
    changed = [
        name
        for name, expected in hashes.items()
        if not (model.path / name).is_file() or sha256(model.path / name) != expected
    ]
    if changed:
        told = text("바뀌었거나 없음: ", "changed or missing: ") + ", ".join(changed)
        return Check("warning", "files", f"{known}: {told}")
    return Check("ok", "files", f"{known}: " + text(f"{len(hashes)}개 일치", f"{len(hashes)} match"))


def _check_labels(model: ModelDirectory) -> Check:
    trie = LabelTrie(model.labels, model.codec, str(model.path / CARD_FILE))
    if not len(trie):
        told = text(
            f"{CARD_FILE}에 없음: 주제의 확률을 매길 수 없음",
            f"none in {CARD_FILE}: topics have no probabilities",
        )
        return Check("warning", "labels", told)
    told = text(f"{len(trie)}개, 모두 구별됨", f"{len(trie)}, all told apart")
    return Check("ok", "labels", told)


def _check_responses(model: ModelDirectory) -> Check:
    path = model.path / RESPONSES_FILE
    if not Drafts(path, model.codec):
        told = text("없음(없어도 되지만 답이 조금 느림)", "none (not needed; replies take a little longer)")
        return Check("ok", "responses", told)
    count = len(path.read_bytes().splitlines())
    return Check("ok", "responses", text(f"{count:,}개", f"{count:,}"))


def _check_graph(model: ModelDirectory, seconds: float) -> Check:
    folder = locations.graph_cache()
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    told = text(
        f"{model.precision}, 준비하는 데 {seconds:.2f}초. 저장된 그래프 전부 {size / 1e6:.1f} MB: {folder}",
        f"{model.precision}, ready in {seconds:.2f} s. All graphs on disk: {size / 1e6:.1f} MB in {folder}",
    )
    return Check("ok", "graph", told)


def _recall(model: ModelDirectory) -> Check:
    """Tell what was measured when the model was trained, or by an earlier `--write`."""

    try:
        recorded = [Quality(**entry) for entry in model.card.get("quantization", [])]
        own = next(quality for quality in recorded if quality.precision == model.precision)
        told = _tell(own)
    except (TypeError, ValueError, StopIteration):  # no figures, or none that this version reads
        told = text(
            f"{model.precision}: fp32와 견준 기록이 없음. 재려면 `{HOW_TO_MEASURE}`",
            f"{model.precision}: not compared with fp32 yet. To do so: `{HOW_TO_MEASURE}`",
        )
        return Check("warning", "quantization", told, {"precision": model.precision})
    status: Literal["ok", "warning"] = "ok" if own.loss_increase <= LIMIT else "warning"
    figures = {"precision": model.precision, "quantization": [asdict(quality) for quality in recorded]}
    return Check(status, "quantization", told, figures)


def _measure(model: ModelDirectory, data: "Data", count: int, write: bool) -> Check:
    """Compare graphs on rows whose label the model knows."""
    from train.sequences.joining import Joiner
    from train.sequences.lines import encode

    pairs = Joiner.of(data, context_turns=model.context_turns).join(data.rows, np.random.default_rng(0))
    known = [pair for pair in pairs if not model.labels or pair.row.label in model.labels]
    if not known:
        raise CounselError(
            text(
                f"{data.files[0].path}: 이 모델의 라벨({', '.join(model.labels)})을 쓰는 행이 없습니다. --label-names로 맞추세요.",
                f"{data.files[0].path}: no row has a label of this model ({', '.join(model.labels)}). Match them by --label-names.",
            )
        )
    lines = [encode(pair, model.codec, model.geometry.context).sequence for pair in sample(known, count)]
    precision, tried = choose(model, lines)
    figures = {"precision": precision, "quantization": [asdict(quality) for quality in tried]}
    if write:
        from train.checkpoint import add_to_card

        add_to_card(model.path, figures)
    told = "; ".join(_tell(quality) for quality in tried)
    if left_out := len(pairs) - len(known):
        told += text(
            f". 모르는 라벨의 {left_out:,}행은 뺌", f". {left_out:,} rows with unknown labels left out"
        )
    told += text(f". 권하는 정밀도: {precision}", f". Recommended: {precision}")
    told += (
        text(f", {CARD_FILE}에 적음", f", written into {CARD_FILE}")
        if write
        else text(f", 지금 {model.precision}", f", now {model.precision}")
    )
    too_coarse = PRECISIONS.index(precision) > PRECISIONS.index(model.precision) and not write
    return Check("warning" if too_coarse else "ok", "quantization", told, figures)


def _tell(quality: Quality) -> str:
    return text(
        f"{quality.precision} 손실 {quality.loss:.4f}(fp32 {quality.fp32_loss:.4f}, {quality.loss_increase:+.2%}), "
        f"같은 토큰 {quality.top1_agreement:.1%}, {quality.rows:,}행 {quality.tokens:,}토큰",
        f"{quality.precision} loss {quality.loss:.4f} (fp32 {quality.fp32_loss:.4f}, {quality.loss_increase:+.2%}), "
        f"same token {quality.top1_agreement:.1%}, {quality.rows:,} rows with {quality.tokens:,} tokens",
    )
