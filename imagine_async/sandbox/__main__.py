"""`python -m imagine_async.sandbox`: serve a sandbox until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import get_args

from imagine_async.sandbox.engines import ENGINE_NAMES, chosen_engine
from imagine_async.sandbox.server import serve
from imagine_async.sandbox.settings import ReplyForm, SandboxSettings

_DEFAULTS = SandboxSettings()


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve a sandbox, after one line with its base URL and key.

    Args:
        arguments: The command line without the program; the process's own by default.
    """
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        engine = chosen_engine(chosen.engine, model=chosen.model)
        serve(_settings(chosen), host=chosen.host, port=chosen.port, announce=_announce, engine=engine)
    except (ValueError, OSError) as error:
        parser.error(str(error))


def _settings(chosen: argparse.Namespace) -> SandboxSettings:
    return SandboxSettings(
        keys=chosen.key or _DEFAULTS.keys,
        credits=chosen.credits,
        rate_limit=chosen.rate_limit,
        side=chosen.side,
        reply_form=chosen.reply_form,
        video_seconds=chosen.video_seconds,
        video_speed=chosen.video_speed,
        concurrency=chosen.concurrency,
        books=chosen.books,
        refund_server_faults=chosen.refund_server_faults,
        private=chosen.private,
        **({} if chosen.admin_token is None else {"admin_token": chosen.admin_token}),
    )


def _announce(base_url: str, key: str) -> None:
    sys.stdout.write(f"{base_url} {key}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("imagine_async.sandbox", description="Serve an Imagine-compatible sandbox.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at")
    parser.add_argument("--port", type=int, default=8787, help="port to listen at; 0 for any free one")
    parser.add_argument("--key", action="append", help="a key that is let in; may be repeated")
    parser.add_argument("--credits", type=_credits, default=_DEFAULTS.credits, help="tokens of each key, or 'none'")
    parser.add_argument("--rate-limit", type=_rate_limit, default=_DEFAULTS.rate_limit, help="as 50/60s, or 'none'")
    parser.add_argument("--side", type=int, default=_DEFAULTS.side, help="pixels of a square picture's side")
    parser.add_argument("--reply-form", choices=get_args(ReplyForm), default="bytes", help="how pictures come back")
    parser.add_argument(
        "--video-seconds", type=float, default=_DEFAULTS.video_seconds, help="seconds that a video takes"
    )
    parser.add_argument("--video-speed", type=float, default=1.0, help="seconds that pass for a video in one second")
    parser.add_argument("--concurrency", type=int, help="paid calls of each key at one time; no limit by default")
    parser.add_argument("--books", help="the SQLite file that accounts and charges are kept in; in memory by default")
    parser.add_argument("--admin-token", help="what the admin API asks for; a random one by default")
    parser.add_argument("--private", action="store_true", help="ask for the admin token to read books and calls too")
    parser.add_argument(
        "--refund-server-faults",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether a call that fails in the sandbox itself costs nothing",
    )
    parser.add_argument("--engine", choices=ENGINE_NAMES, default="procedural", help="what paints")
    parser.add_argument("--model", help="folder of a diffusion pipeline, for the engine diffusers")
    return parser


def _credits(text: str) -> int | None:
    return None if text == "none" else int(text)


def _rate_limit(text: str) -> str | None:
    return None if text == "none" else text


if __name__ == "__main__":
    main()
