"""What a real client and a real server leave in the log: neither the prompt nor the key, at any level."""

from __future__ import annotations

import json
import logging
import socket
from contextlib import suppress

import pytest

from imagine_async import AsyncImagine
from imagine_async.errors import ImagineError
from imagine_async.middleware.retry import RetryPolicy
from tests.samples import png_bytes
from tests.scripted_server import Behaviour, answering, read_request, reply, reset, scripted_server

KEY = "vk-LOGS+me/0123456789abcdef="
PROMPT = "a purple okapi on stilts"
HEADERS = f"X-Echo: Bearer {KEY}\r\nX-Prompt: {PROMPT}\r\n"


def echo(status: str, code: int) -> bytes:
    told = {"code": code, "error": f"Invalid {PROMPT}", "message": f"{KEY} asked for {PROMPT}"}
    return reply(json.dumps(told).encode(), status=status, headers=HEADERS)


def reset_after_reading(connection: socket.socket) -> None:
    read_request(connection)
    reset(connection)


def hang(connection: socket.socket) -> None:
    read_request(connection)
    connection.recv(1)


FINISHED = "INFO text_to_image finished: "
FAILED = "INFO text_to_image failed: "
IN_DOUBT = "WARNING text_to_image failed, may have been charged: "
SCENES: dict[str, tuple[Behaviour, float, str, str]] = {
    "success": (answering(echo("503 Busy", 1200), reply(png_bytes(), headers=HEADERS)), 60, FINISHED, " attempts=2 "),
    "refused": (answering(echo("400 Bad", 1103)), 60, FAILED, " error=BadRequestError status=400 code=1103 "),
    "redirected": (
        answering(reply(b"", status="302 Found", headers=f"Location: /?key={KEY}\r\n{HEADERS}")),
        60,
        FAILED,
        " error=APIError status=302 ",
    ),
    "unknown": (reset_after_reading, 60, IN_DOUBT, " error=DisconnectedError "),
    "deadline": (hang, 0.2, IN_DOUBT, " error=DeadlineExceededError "),
}


@pytest.mark.anyio
@pytest.mark.parametrize("scene", SCENES)
async def test_no_prompt_and_no_key(scene: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever a server repeats, no record of the SDK holds the prompt, the key, a header or a URL."""
    caplog.set_level(logging.DEBUG)
    behaviour, timeout, beginning, part = SCENES[scene]
    with scripted_server(behaviour) as server:
        forbidden = ("okapi", KEY, "Bearer", server.url, "x-team")
        retry = RetryPolicy(first_wait=0)
        async with AsyncImagine(KEY, base_url=server.url, timeout=timeout, rate_limit=None, retry=retry) as client:
            with suppress(ImagineError):
                await client.text_to_image(PROMPT, headers={"x-team": "okapis"})
    ours = [record for record in caplog.records if record.name == "imagine_async"]
    (record,) = [record for record in ours if record.levelno > logging.DEBUG]
    line = f"{record.levelname} {record.getMessage()}"
    assert line.startswith(beginning)
    assert part in line
    for record in caplog.records:
        told = f"{record.getMessage()} {vars(record)!r}"
        assert KEY not in told
        assert record not in ours or not any(word in told for word in forbidden)
