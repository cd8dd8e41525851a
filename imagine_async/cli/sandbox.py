"""`imagine sandbox`: the sandbox on a port, until Ctrl-C."""

from __future__ import annotations

import errno
import ipaddress
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from imagine_async.cli.extras import require_sandbox
from imagine_async.cli.output import CommandError, complain, say
from imagine_async.config import BASE_URL_VARIABLE, KEY_VARIABLE

if TYPE_CHECKING:
    from imagine_async.sandbox import SandboxSettings

__all__ = ["sandbox"]

_LARGEST_PORT = 65_535
_USUAL_KEYS = ("vk-sandbox",)
# Told here as well, because the sandbox itself is an extra; tests keep them alike.
_EngineName = Literal["procedural", "cv", "diffusers"]
_ReplyForm = Literal["bytes", "url", "nested_url", "url_list", "base64", "data_uri"]


def sandbox(
    *,
    host: str = "127.0.0.1",
    port: Annotated[int, Parameter(validator=Number(gte=0, lte=_LARGEST_PORT))] = 8787,
    key: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    expired_key: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    credits: int | None = 1000,
    rate_limit: str = "50/60s",
    side: int = 1024,
    reply_form: _ReplyForm = "bytes",
    retry_after: bool = False,
    image_content_type: bool = False,
    video_seconds: float = 3.0,
    video_speed: float = 1.0,
    concurrency: int | None = None,
    books: str | None = None,
    admin_token: str | None = None,
    private: bool | None = None,
    refund_server_faults: bool = True,
    faults: Path | None = None,
    engine: _EngineName = "procedural",
    model: Path | None = None,
) -> None:
    """Serve an Imagine-compatible API on this machine until Ctrl-C: no key, no network, no bill.

    What it was asked and what it charged can be seen at /, and as JSON at /_sandbox/calls and /_sandbox/books.

    Args:
        host: The address to listen at.
        port: The port to listen at; 0 takes any free one.
        key: A key that is let in, vk-sandbox if none is named; may be given several times.
        expired_key: A key that is refused because it has expired; may be given several times.
        credits: Tokens of each key, or none for no end of them.
        rate_limit: Requests of each key in any window, as 50/60s, 5/s or 100/min, or none for no limit.
        side: Pixels of a square picture's side; smaller ones are painted faster.
        reply_form: How pictures come back: as bytes, as documented, or within JSON, which no page shows.
        retry_after: Whether a 429 names its wait, which the live service was not seen to do.
        image_content_type: Whether pictures come as image/jpeg and image/png, not as application/octet-stream.
        video_seconds: Seconds until a video job is done; the vendor speaks of 10 to 15 minutes.
        video_speed: Seconds that pass for a video job in one second.
        concurrency: Calls of each key that cost tokens at one time; no limit by default.
        books: The SQLite file in which accounts and charges outlast the process; in memory by default.
        admin_token: What the admin API below /_sandbox asks for; a random one, which is shown, by default.
        private: Whether books, calls and the studio page ask for the admin token; by default where others reach it.
        refund_server_faults: Whether a call that fails in the sandbox itself costs nothing.
        faults: A file, TOML or JSON, of the faults that the sandbox shall commit.
        engine: What paints: procedural with arithmetic alone, cv with OpenCV (extra sandbox-cv), diffusers with a
            model of yours (extra sandbox-diffusion).
        model: The folder of a diffusion pipeline, for the engine diffusers.
    """
    require_sandbox()
    from imagine_async.sandbox import BooksError, SandboxSettings, serve
    from imagine_async.sandbox.engines import chosen_engine
    from imagine_async.sandbox.faults import Faults

    limit = None if rate_limit == "none" else rate_limit
    try:
        settings = SandboxSettings(
            keys=key or _USUAL_KEYS,
            expired_keys=expired_key,
            credits=credits,
            rate_limit=limit,
            side=side,
            reply_form=reply_form,
            retry_after=retry_after,
            image_content_type=image_content_type,
            video_seconds=video_seconds,
            video_speed=video_speed,
            concurrency=concurrency,
            books=books,
            admin_token=secrets.token_urlsafe(24) if admin_token is None else admin_token,
            private=not _is_loopback(host) if private is None else private,
            refund_server_faults=refund_server_faults,
        )
        committed = None if faults is None else Faults.load(faults)
        painter = chosen_engine(engine, model=model)
    except ValueError as error:
        raise CommandError(str(error), code=2) from error
    _warn_of_strangers(host)
    if committed is not None:
        say(f"It commits the faults of {faults}. Rules: {len(committed.rules)}, seed: {committed.seed}")
    try:
        serve(
            settings,
            host=host,
            port=port,
            announce=lambda base_url, key: _announce(base_url, key, settings),
            faults=committed,
            engine=painter,
        )
    except BrokenPipeError:
        # Nobody reads what is announced, which says nothing about the port.
        raise
    except BooksError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(_no_listening(host, port, error)) from error
    say("The sandbox has stopped.")


def _announce(base_url: str, key: str, settings: SandboxSettings) -> None:
    say(
        f"The sandbox listens at {base_url} and lets in the key {key}\n\n"
        f"    export {BASE_URL_VARIABLE}={base_url}\n"
        f"    export {KEY_VARIABLE}={key}\n\n"
        f"Its studio: {base_url}/\n"
        f"Its books: {base_url}/_sandbox/books\n"
        f"Its admin token: {settings.admin_token}\n"
        "Ctrl-C stops it."
    )


def _warn_of_strangers(host: str) -> None:
    if not _is_loopback(host):
        complain(f"Warning: whoever reaches {host} and knows the key can use this sandbox; it is made for one machine.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _no_listening(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} of {host} is taken: stop what listens there, or choose another with --port (0: any free one)"
        )
    return f"cannot listen at port {port} of {host}: {error.strerror or error}"
