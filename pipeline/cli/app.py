"""The command line: what each command is called, and how every error is told."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import again, alerts, archive, detection, feeds, passes, place, threads
from pipeline.core.errors import ConfigError, PassRunning, QueryError, StoreError, WirewatchError

app = typer.Typer(
    help="Wirewatch watches the wires: polls feeds, finds topics and claims, searches, alerts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="--debug, anywhere, shows the full traceback of an error.",
)
for part in (passes, archive, threads, detection, feeds, alerts, again):
    part.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"wirewatch {version('wirewatch')}")
        raise typer.Exit


@app.callback()
def common(
    config: Annotated[Path | None, typer.Option("--config", metavar="DIR", help="For any command.")] = None,
    store: Annotated[str | None, typer.Option("--store", metavar="DIR_OR_URL", help="For any command.")] = None,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    place.inherit(config, store)


def exit_code(error: WirewatchError) -> int:
    """2 bad configuration, query or usage · 3 the store · 4 another pass is running · 1 anything else."""
    if isinstance(error, ConfigError | QueryError):
        return 2
    if isinstance(error, StoreError):
        return 3
    return 4 if isinstance(error, PassRunning) else 1


def main() -> None:
    """Run the command line; every expected error is one clear sentence on standard error."""
    debug = "--debug" in sys.argv[1:]
    sys.argv[1:] = [word for word in sys.argv[1:] if word != "--debug"]
    try:
        app()
    except WirewatchError as error:
        if debug:
            raise
        lines = error.mistakes if isinstance(error, ConfigError) else (str(error),)
        for line in lines:
            typer.echo(f"wirewatch: {line}", err=True)
        sys.exit(exit_code(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if debug:
            raise
        said = (str(error).strip().splitlines() or [""])[-1]
        typer.echo(f"wirewatch: a mistake of Wirewatch itself: {type(error).__name__}: {said}; "
                   "--debug shows where, please report it", err=True)
        sys.exit(1)
