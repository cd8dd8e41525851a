"""Calls over TLS, as to the real API: certificates are checked, and what the environment trusts is trusted."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from tests.samples import png_bytes
from tests.scripted_server import Behaviour, read_request, reply, scripted_server

PROGRAM = """
import sys, warnings
import anyio
from imagine_async import NO_RETRY, AsyncImagine, ImagineError

async def main(base_url, backend):
    async with AsyncImagine("vk-test", base_url=base_url, retry=NO_RETRY) as client:
        for _ in range(2):
            try:
                print((await client.upscale(sys.argv[3])).width)
            except ImagineError as error:
                print(type(error).__name__, error.outcome, error)

warnings.simplefilter("error")
anyio.run(main, sys.argv[1], sys.argv[2], backend=sys.argv[2])
"""


def answering_over_tls(authority: trustme.CA) -> Behaviour:
    """Answer two calls on one encrypted connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def behave(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            for _ in range(2):
                read_request(encrypted)
                encrypted.sendall(reply(png_bytes(32, 8)))

    return behave


def run_calls(base_url: str, backend: str, picture: Path, **environment: str) -> list[str]:
    """Run two calls in a process of its own, because trust is read once for a process."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, base_url, backend, str(picture)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Write a picture that leaves in several pieces."""
    content = png_bytes()
    path = tmp_path / "large.png"
    path.write_bytes(content[:-12] + bytes(700_000) + content[-12:])
    return path


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_trusted_server_is_called_over_one_connection(backend: str, picture: Path, tmp_path: Path) -> None:
    """With the authority in SSL_CERT_FILE, calls go through, and the second shares the connection."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    with scripted_server(answering_over_tls(authority)) as server:
        url = server.url.replace("http:", "https:")
        lines = run_calls(url, backend, picture, SSL_CERT_FILE=str(tmp_path / "authority.pem"))
    assert lines == ["32", "32"]
    assert server.connections == 1


def test_untrusted_server_is_sent_nothing(picture: Path) -> None:
    """A certificate that nobody vouches for ends the call before anything is sent, and says so."""
    with scripted_server(answering_over_tls(trustme.CA())) as server:
        lines = run_calls(server.url.replace("http:", "https:"), "asyncio", picture)
    assert all(line.startswith("ConnectError not_sent") and "CERTIFICATE_VERIFY_FAILED" in line for line in lines)
