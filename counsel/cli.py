"""The command group `counsel`: a command's module is imported only when that command is called."""

from importlib import import_module

import click

from counsel.console import run, shared_options
from engine.language import text


def _summaries() -> dict[str, str]:
    """Return each command, which is also its module's name, with one line about it."""
    return {
        "adopt": text(
            "다른 형식의 체크포인트를 모델 폴더로 바꿉니다.",
            "Turn a checkpoint of any format into a model folder.",
        ),
        "ask": text("한 문장에 주제와 응답으로 답합니다.", "Answer a sentence with a topic and a reply."),
        "chat": text("대화 화면을 엽니다(counsel-tui와 같음).", "Open the chat (the same as counsel-tui)."),
        "config": text("설정을 보고 바꿉니다.", "Show and change settings."),
        "data": text("상담 데이터를 살펴봅니다.", "Look at counselling data."),
        "doctor": text("이 컴퓨터나 모델 폴더를 살펴봅니다.", "Check this machine or a model folder."),
        "evaluate": text("모델이 얼마나 잘하는지 잽니다.", "Measure how good a model is."),
        "history": text("보관한 대화를 보고, 찾고, 지웁니다.", "Show, search and delete kept conversations."),
        "pretrain": text("글로 언어 모델을 미리 학습합니다.", "Train a language model on raw text."),
        "replay": text("보관한 답을 다시 만들어 견줍니다.", "Make kept replies again and compare them."),
        "train": text("상담 데이터로 모델을 학습합니다.", "Train a model on counselling data."),
    }


class LazyGroup(click.Group):
    """A group that knows its commands' names and summaries, and no more until one is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the commands."""
        return list(_summaries())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command's module and build it."""
        if cmd_name not in _summaries():
            return None
        command: click.Command = import_module(f"counsel.{cmd_name}").make()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing them."""
        with formatter.section(text("명령", "Commands")):
            formatter.write_dl(list(_summaries().items()))


def make() -> click.Command:
    """Build the group in the chosen language."""
    return shared_options("counsel")(
        LazyGroup(
            "counsel",
            help=text(
                "내 컴퓨터에서만 도는 한국어 상담 언어 모델과 그 실험실.",
                "A Korean counselling language model that stays on your machine, and its laboratory.",
            ),
        )
    )


def main() -> None:
    """Run `counsel`."""
    run(make, "counsel")
