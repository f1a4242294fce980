"""`counsel pretrain CORPUS… --out DIR`."""

import shlex
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from counsel.configuration import ConfiguredCommand, write_configuration
from counsel.console import shared_options
from counsel.settings_options import settings_from
from engine.errors import CounselError
from engine.language import text

if TYPE_CHECKING:
    from engine.checkpoint import Geometry
    from train.base import Base
    from train.pretrain import Request
    from train.sequences.corpus import Corpus
    from train.sequences.packing import Packed

UPDATE = 8192  # tokens an update, where no batch size is given
SHAPE = ("vocab_size", "width", "layers", "heads")
PASSED = (
    "dropout",
    "validation_share",
    "name",
    "data_licences",
    "precision",
)  # go into the request as they are


def make() -> click.Command:
    """Build the command in the chosen language."""
    from counsel.pretrain_options import pretraining_options

    @shared_options("counsel")
    @pretraining_options
    @click.command(
        "pretrain",
        cls=ConfiguredCommand,
        help=text(
            "CORPUS(txt, txt.gz, txt.xz 파일, counsel train이 읽는 표, 또는 그런 파일이 든 폴더, 여러 개도 됨)의 글로 GPT-2를 "
            "학습해 모델 폴더를 만듭니다. counsel train --base가 그 폴더에서 시작합니다.",
            "Train a GPT-2 on the text of CORPUS (txt, txt.gz or txt.xz files, tables as for counsel train, or folders of "
            "them) and write a model folder, from which counsel train --base starts.",
        ),
    )
    @click.argument("corpus", nargs=-1, required=True, type=click.Path(path_type=Path))
    @click.pass_context
    def pretrain(context: click.Context, /, **options: Any) -> None:
        _pretrain(context, **options)

    return pretrain


def _pretrain(
    context: click.Context,
    /,
    corpus: tuple[Path, ...],
    out: Path | None,
    dry_run: bool,
    resume: bool,
    overwrite: bool,
    **options: Any,
) -> None:
    from train import requirements

    requirements.check()
    # What can be wrong is found before TensorFlow is loaded, which takes its time.
    from counsel.training import (
        check_freeze,
        check_place,
        make_cluster,
        need_out,
        open_start,
        resolve,
        tell_devices,
    )
    from train.sequences.corpus import read_corpus
    from train.sequences.packing import pack

    if not dry_run:
        need_out(context)
    cluster = make_cluster(options["workers"], options["index"])
    if out is not None and not dry_run:
        check_place(out, cluster, resume, overwrite)
    start = open_start(options["base"], options["revision"], options["tokenizer"])
    size = start.geometry if start else _size(options)
    block = _block(options, start, size)
    check_freeze(options["freeze"], size.layers)
    used = resolve(context.params, start)
    used |= {"batch_size": used["batch_size"] or max(1, UPDATE // block), "context": block}
    settings = settings_from(used)
    click.echo(text("말뭉치를 읽는 중입니다…", "Reading the corpus…"), err=True)
    read = read_corpus(corpus, options["document"], options["columns"])
    codec = start.codec if start else None
    packed = pack(read, codec, size.vocab_size, block, options["validation_share"], settings.seed, _notice)
    click.echo(_summary(read, packed), err=True)
    tell_devices()
    from train.pretrain import Request

    wanted = Request(
        corpus=read,
        packed=packed,
        out=(out or Path()).resolve(),
        base=start,
        size=size,
        settings=settings,
        cluster=cluster,
        configuration=write_configuration(context.command, used),
        **{name: options[name] for name in PASSED},
    )
    if dry_run:
        _rehearse(wanted)
    else:
        _train(wanted, resume, overwrite, options["tensorboard"])


def _size(options: Mapping[str, Any]) -> "Geometry":
    """Return the shape of a network with random weights."""
    from train.sizes import SIZES

    given = {name: options[name] for name in (*SHAPE, "context") if options[name] is not None}
    size = replace(SIZES[options["size"]], **given)
    if size.width % size.heads:
        raise CounselError(
            text(
                f"--width {size.width}: --heads {size.heads}(으)로 나누어지지 않습니다. 나누어지는 수를 주세요.",
                f"--width {size.width}: no multiple of --heads {size.heads}. Give one.",
            )
        )
    return size


def _block(options: Mapping[str, Any], start: "Base | None", size: "Geometry") -> int:
    """Return how many tokens of a block are predicted."""
    given = [f"--{name.replace('_', '-')}" for name in SHAPE if options[name] is not None]
    if start and given:
        raise CounselError(
            text(
                f"{', '.join(given)}: --base scratch에만 쓸 수 있습니다. 빼거나 --base scratch를 주세요.",
                f"{', '.join(given)}: only with --base scratch. Leave it out, or give --base scratch.",
            )
        )
    block: int = options["context"] or size.context
    if block > size.context:
        raise CounselError(
            text(
                f"--context {block}: 모델의 문맥은 {size.context}토큰입니다. 그 이하로 주세요.",
                f"--context {block}: the model's context has {size.context} tokens. Give no more.",
            )
        )
    return block


def _notice(message: str) -> None:
    click.echo(message, err=True)


def _summary(corpus: "Corpus", packed: "Packed") -> str:
    documents, blocks = sum(file.documents for file in corpus.files), packed.blocks
    tokens, held_out = len(blocks.tokens), packed.held_out_tokens
    return text(
        f"파일 {len(corpus.files):,}개, 문서 {documents:,}개, 토큰 {tokens:,}개를 {blocks.context}개씩 {len(blocks):,}블록으로 "
        f"학습하고 {held_out:,}개로 검증합니다. 블록을 채우지 못한 {blocks.left_over:,}개는 에폭마다 다른 곳입니다.",
        f"Files: {len(corpus.files):,}. Documents: {documents:,}. Tokens: {tokens:,} to learn from in {len(blocks):,} "
        f"blocks of {blocks.context}, {held_out:,} held out; {blocks.left_over:,} fill no block, others in each epoch.",
    )


def _rehearse(wanted: "Request") -> None:
    from rich.console import Console

    from train.dry_run import rehearse_job
    from train.pretrain import make_job

    click.echo(wanted.packed.blocks.tell(1, range(len(wanted.packed.blocks))))
    rehearse_job(make_job(wanted), Console(file=sys.stdout))


def _train(wanted: "Request", resume: bool, overwrite: bool, tensorboard: bool) -> None:
    from counsel.training import watched
    from train.pretrain import pretrain

    out = wanted.out
    with watched(wanted.name or out.name, wanted.run_folder if tensorboard else None) as watch:
        pretrain(wanted, watch, resume, overwrite)
    command = shlex.join(["counsel", "train", "DATA", "--base", str(out), "--out", "DIR"])
    click.echo(
        text(
            f"{out}에 저장했습니다. 상담 학습은: {command}", f"Saved to {out}. To teach it answers: {command}"
        )
    )
