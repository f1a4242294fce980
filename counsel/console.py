"""What every command shares: its language, its version, and how it ends when something is wrong."""

import os
import sys
from collections.abc import Callable, Sequence

import click

from counsel import __version__
from engine import language, locations
from engine.characters import printable
from engine.errors import CounselError
from engine.language import text

EXIT_BAD_INPUT = 2
EXIT_HANGUP = 129
EXIT_INTERRUPTED = 130


def shared_options(name: str) -> Callable[[click.Command], click.Command]:
    """Return a decorator that adds `--lang`, `--version` and `-h` to a command called `name`."""

    def add(command: click.Command) -> click.Command:
        command.params += [
            click.Option(
                ["--lang"],
                type=click.Choice(language.LANGUAGES),
                expose_value=False,
                help=text("화면과 도움말의 언어.", "Language of screens and help."),
            ),
            click.Option(
                ["--version"],
                is_flag=True,
                expose_value=False,
                is_eager=True,
                callback=_print_version(name),
                help=text("버전을 보이고 끝냅니다.", "Show the version and exit."),
            ),
        ]
        in_words = text("이 도움말을 보이고 끝냅니다.", "Show this message and exit.")
        return click.help_option("-h", "--help", help=in_words)(command)

    return add


def run(make: Callable[[], click.Command], name: str) -> None:
    """Run a command in the language that its arguments ask for.

    Args:
        make: builds the command; its texts are in the language that is chosen by then.
        name: the program's name, for help texts.

    Raises:
        SystemExit: always; 0 if all went well, 2 for bad input, 130 for Ctrl+C.
    """
    _prepare(sys.argv[1:])
    try:
        sys.exit(make().main(prog_name=name, standalone_mode=False))
    except (CounselError, OSError) as error:  # a full disk, too, is no fault of the program: no traceback
        click.echo(text(f"오류: {error}", f"Error: {error}"), err=True)
        sys.exit(EXIT_BAD_INPUT)
    except click.UsageError as error:
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            error.show()
        else:
            click.echo(_explain(error), err=True)
        sys.exit(EXIT_BAD_INPUT)
    except (click.Abort, KeyboardInterrupt):
        click.echo(text("중단했습니다.", "Interrupted."), err=True)
        sys.exit(EXIT_INTERRUPTED)


def _prepare(arguments: Sequence[str]) -> None:
    """Take the language from the command line, else the environment, else the settings; begin the log if one is wanted."""
    kept = None
    if locations.settings().is_file():
        from tui import settings  # takes its time, and most people have no such file

        kept = settings.load()
        if language.VARIABLE not in os.environ:
            language.choose(kept.lang)
    language.choose_from(arguments)
    if kept and kept.log:
        from engine import logs

        try:
            logs.start()
        except CounselError as error:
            warn(str(error))


def warn(problem: str) -> None:
    """Tell what is wrong and stops nothing."""
    click.echo(printable(text(f"주의: {problem}", f"Warning: {problem}")), err=True)


def _explain(error: click.UsageError) -> str:
    """Return a mistake in the command line as one line with the remedy; click's own words come in English only."""
    help_command = f"{error.ctx.command_path} --help" if error.ctx else "--help"
    detail = error.format_message().rstrip(".")
    parameter = getattr(error, "param", None)
    named = parameter.get_error_hint(error.ctx) if parameter and error.ctx else ""
    match error:
        case click.NoSuchOption():
            korean = f"{error.option_name}: 없는 옵션입니다"
        case click.MissingParameter():
            korean = f"{named}: 빠져 있습니다"
        case click.BadParameter():
            korean = f"{named}: 쓸 수 없는 값입니다({error.message.rstrip('.')})"
        case _:
            korean = f"명령을 이해하지 못했습니다({detail})"
    return text(f"오류: {korean}. 도움말: {help_command}", f"Error: {detail}. Help: {help_command}")


def _print_version(name: str) -> Callable[[click.Context, click.Parameter, bool], None]:
    def show(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
        if wanted and not context.resilient_parsing:
            click.echo(f"{name} {__version__}")
            context.exit()

    return show
