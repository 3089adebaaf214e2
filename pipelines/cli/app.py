"""The ``credit-hub`` command (contract.md, "Verbs").

Exit status: 0 done; 1 done, and the data has findings; 2 unusable arguments or input; 3 our own failure. Heavy libraries are
imported by the verb that needs them, so that ``credit-hub code`` answers at once.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import NoReturn

import typer

from pipelines.cli import console, held, look, refused, work
from pipelines.cli.catalogue import catalog_app
from pipelines.cli.options import DONE, FAILED, UNUSABLE
from pipelines.ground.errors import HubError, InputError, disk_error_text

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Collection-and-sharing hub for public credit information (公共信用信息归集共享枢纽).")  # fmt: skip
for verb in (
    work.collect,
    work.publish,
    work.score,
    work.run,
    refused.precheck,
    refused.waive,
    look.code,
    look.trace,
    look.messages,
    look.audit,
    look.verify,
    held.held,
    held.approve,
    work.maintain,
    look.sql,
    work.demo,
):
    app.command()(verb)
app.add_typer(catalog_app, name="catalog")


def main() -> None:
    """Entry point: turns errors into one sentence and an exit status."""
    try:
        result = app(standalone_mode=False)
        sys.exit(result if isinstance(result, int) else DONE)
    except SystemExit:
        raise
    except InputError as error:
        console.error(str(error))
        sys.exit(UNUSABLE)
    except (typer.Abort, KeyboardInterrupt):
        console.error("stopped; run the same command again, it goes on where it stopped")
        sys.exit(FAILED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)
    except Exception as error:
        if _is_usage(error):
            error.show()  # type: ignore[attr-defined]
            sys.exit(UNUSABLE)
        if disk := disk_error_text(error):
            console.error(f"{disk}; free space or fix the permissions, then run again: nothing is lost")
            sys.exit(UNUSABLE)
        if isinstance(error, HubError):
            console.failure(str(error))
            sys.exit(FAILED)
        _fail(error)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what a library in Rust raises for a fault of its own
            raise
        _fail(error)


def _fail(error: BaseException) -> NoReturn:
    if os.environ.get("CREDIT_HUB_DEBUG"):
        traceback.print_exc()
    console.failure(f"{type(error).__name__}: {error} (set CREDIT_HUB_DEBUG=1 for the traceback)")
    sys.exit(FAILED)


def _is_usage(error: Exception) -> bool:
    return hasattr(error, "exit_code") and hasattr(error, "show")
