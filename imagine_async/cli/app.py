"""The command line: which commands there are, and how every one of them ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from cyclopts import App

from imagine_async.cli.budget import drop_budget, set_budget, show_budgets
from imagine_async.cli.demo import demo
from imagine_async.cli.generate import generate
from imagine_async.cli.holds import holds, release, settle
from imagine_async.cli.output import CommandError, complain, explain
from imagine_async.cli.reconcile import reconcile
from imagine_async.cli.sandbox import sandbox
from imagine_async.cli.usage import usage
from imagine_async.errors import ImagineError
from imagine_async.version import VERSION

__all__ = ["app", "run"]

_HELP = "Make pictures with the Imagine API, or with a sandbox on this machine: no key, no network, no bill."
_EXAMPLES = """\
Examples:

    imagine demo
        Twenty pictures and a page to look at: what the SDK does.

    imagine generate "a lighthouse at dusk" --sandbox
        One picture, painted on this machine.

    export IMAGINE_API_KEY=...
    imagine generate "a lighthouse at dusk" --style realistic --seed 7
        One picture, painted by the API and paid for with tokens. Keys are
        made in the Keys tab of https://platform.imagine.art.

    imagine batch foxes.jsonl --dry-run
        Thousands of pictures out of a file: first what they would cost.

    imagine sandbox
        A server for your own programs to talk to, instead of the API.

    export IMAGINE_STORE=sqlite:~/imagine.db
    imagine usage --by day
    imagine budget set 100 --scope day
        What all your programs have spent from then on, and a cap on it.

imagine COMMAND --help tells more of each.
"""
_EXAMPLES_OF_DEMO = """\
Examples:

    imagine demo
    imagine demo --out /tmp/pictures --side 512
"""
_EXAMPLES_OF_GENERATE = """\
Examples:

    imagine generate "a red fox in snow" --sandbox
    imagine generate "a red fox in snow" --aspect-ratio 16:9 --out fox.jpg
    imagine generate "a red fox in snow" --seed 7 --json | jq .tokens
"""
_EXAMPLES_OF_SANDBOX = """\
Examples:

    imagine sandbox
    imagine sandbox --port 0 --key vk-alice --key vk-bob --credits none
    imagine sandbox --rate-limit 5/s --side 256
"""
_EXAMPLES_OF_USAGE = """\
Examples:

    imagine usage
    imagine usage --by day --by style
    imagine usage --by tag --csv > tags.csv
    imagine usage --store sqlite:~/imagine.db --json
"""
_HELP_OF_BATCH = "Make the pictures of a manifest, thousands of them: where one run ends, the next goes on."
_HELP_OF_BUDGET = "Set caps on what is spent, and say what became of calls that may have been charged."
_EXAMPLES_OF_BUDGET = """\
Examples:

    imagine budget set 500
        All programs with this key and this store stop at 500 tokens.

    imagine budget set 100 --scope day
    imagine budget set 20 --scope tag --name tests
    imagine budget show
    imagine budget drop --scope tag --name tests

    imagine budget holds
        Calls that may have been charged: they count until you settle or
        release them.

    imagine budget release call-1f0c7d2e/1
    imagine budget settle --all --older-than 7d

    imagine budget reconcile 995
        The account's page shows 995 tokens: which of the held calls were
        charged?
"""

app = App(
    name="imagine",
    help=_HELP,
    help_format="plaintext",
    help_epilogue=_EXAMPLES,
    version=VERSION,
    # `main` handles a Ctrl-C, wherever it falls.
    suppress_keyboard_interrupt=False,
)
app.command(demo, help_epilogue=_EXAMPLES_OF_DEMO)
app.command(generate, help_epilogue=_EXAMPLES_OF_GENERATE)
app.command(sandbox, help_epilogue=_EXAMPLES_OF_SANDBOX)
app.command(usage, help_epilogue=_EXAMPLES_OF_USAGE)
# Loaded where it is used: it brings manifests, journals and places for files along.
app.command("imagine_async.cli.batch.app:batch", name="batch", help=_HELP_OF_BATCH)

_budget = App(name="budget", help=_HELP_OF_BUDGET, help_epilogue=_EXAMPLES_OF_BUDGET)
for _command, _name in (
    (show_budgets, "show"),
    (set_budget, "set"),
    (drop_budget, "drop"),
    (holds, "holds"),
    (settle, "settle"),
    (release, "release"),
    (reconcile, "reconcile"),
):
    _budget.command(_command, name=_name)
app.command(_budget)


def run(arguments: Sequence[str]) -> int:
    """Run a command line.

    Args:
        arguments: The words after the program's name.

    Returns:
        The exit code: 0 for success, 1 for a failure, 2 for a command given wrongly; or what the command itself says.
    """
    try:
        code = app(arguments, result_action="return_value")
    except CommandError as trouble:
        complain(f"imagine: {trouble.message}")
        return trouble.code
    except ImagineError as error:
        complain(explain(error))
        return 1
    except BrokenPipeError:
        return _reader_is_gone()
    return code if isinstance(code, int) else 0


def _reader_is_gone() -> int:
    """End quietly when the output goes to a program that has stopped reading, such as `head`."""
    # The interpreter flushes once more at its end, and would complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
