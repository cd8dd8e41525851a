"""`imagine demo`: what the SDK does, on this machine, in half a minute."""

from __future__ import annotations

from pathlib import Path

from imagine_async.cli.extras import require_sandbox
from imagine_async.cli.output import CommandError, say

__all__ = ["demo"]


def demo(*, out: Path = Path("imagine-demo"), side: int = 1024) -> None:
    """Make some twenty pictures on this machine and a page that shows them; no key, no network, no bill.

    Starts a sandbox on a free port of 127.0.0.1 and talks to it over HTTP, as with the API.

    Args:
        out: The folder to write to. The demo replaces its own files of an earlier run, and no others.
        side: Pixels of a square picture's side; smaller ones are painted faster.
    """
    require_sandbox()
    from imagine_async.cli.demo_page import claim, write
    from imagine_async.cli.demo_plan import TOTAL
    from imagine_async.cli.demo_report import progress, tell_of
    from imagine_async.cli.demo_work import PACE, work
    from imagine_async.sandbox import SandboxSettings, running_sandbox

    claim(out)
    try:
        settings = SandboxSettings(side=side, rate_limit=f"{PACE.calls}/{PACE.seconds:g}s")
    except ValueError as error:
        raise CommandError(str(error), code=2) from error
    with running_sandbox(settings) as sandbox, progress(TOTAL) as watch:
        done = work(sandbox, watch)
    page = write(out, done)
    tell_of(done)
    say(f"Open {page.resolve().as_uri()}")
    if not done.books_agree:
        raise CommandError("the sandbox's books and the client's differ: please report it")
