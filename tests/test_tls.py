"""Calls over TLS, as to the real API: certificates are checked, and what the environment trusts is trusted."""

from __future__ import annotations

import hashlib
import os
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import trustme
from cryptography import x509

from imagine_async.errors import ConfigurationError
from imagine_async.transport import trust
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
    context.set_alpn_protocols(["h2", "http/1.1"])

    def behave(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            # A server that speaks more is told what is spoken here.
            assert encrypted.selected_alpn_protocol() == "http/1.1"
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


def test_a_directory_of_authorities_is_trusted(picture: Path, tmp_path: Path) -> None:
    """With the authority in SSL_CERT_DIR, under the name that OpenSSL looks for, calls go through."""
    authority = trustme.CA(organization_name="tls", organization_unit_name="test")
    directory = tmp_path / "authorities"
    directory.mkdir()
    authority.cert_pem.write_to_path(str(directory / f"{subject_hash(authority)}.0"))
    with scripted_server(answering_over_tls(authority)) as server:
        url = server.url.replace("http:", "https:")
        lines = run_calls(url, "asyncio", picture, SSL_CERT_FILE="", SSL_CERT_DIR=str(directory))
    assert lines == ["32", "32"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("SSL_CERT_FILE", "/no/such.pem"), ("SSL_CERT_FILE", __file__), ("SSL_CERT_DIR", "/no/such")],
    ids=["no file", "no certificates", "no directory"],
)
def test_authorities_that_cannot_be_read_are_a_wrong_setting(picture: Path, name: str, value: str) -> None:
    """What the environment names and cannot be read is told by the error, and nothing is sent."""
    environment = {"SSL_CERT_FILE": "", "SSL_CERT_DIR": "", name: value}
    with scripted_server(answering_over_tls(trustme.CA())) as server:
        lines = run_calls(server.url.replace("http:", "https:"), "asyncio", picture, **environment)
    assert len(lines) == 2
    assert all(line.startswith("ConfigurationError not_sent") and f"{name}={value}" in line for line in lines)


def test_without_a_word_from_the_environment_certifi_is_trusted(picture: Path) -> None:
    """Where the environment names nobody, a server of one's own is not trusted."""
    with scripted_server(answering_over_tls(trustme.CA())) as server:
        url = server.url.replace("http:", "https:")
        lines = run_calls(url, "asyncio", picture, SSL_CERT_FILE="", SSL_CERT_DIR="")
    assert all(line.startswith("ConnectError not_sent") and "CERTIFICATE_VERIFY_FAILED" in line for line in lines)


def test_a_broken_certifi_is_a_wrong_setting_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where certifi's own file cannot be read, the error says so."""

    def fail() -> ssl.SSLContext:
        raise FileNotFoundError("cacert.pem")

    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(httpx, "create_ssl_context", fail)
    with pytest.raises(ConfigurationError, match=r"certifi cannot be read: cacert\.pem"):
        trust.shared_ssl_context.__wrapped__()


def subject_hash(authority: trustme.CA) -> str:
    """Compute the name under which OpenSSL looks an authority up: SHA-1 of its subject in canonical form."""
    certificate = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    canonical = b"".join(_canonical_part(attribute) for attribute in certificate.subject)
    digest = hashlib.sha1(canonical, usedforsecurity=False).digest()
    return f"{int.from_bytes(digest[:4], 'little'):08x}"


def _canonical_part(attribute: x509.NameAttribute[str | bytes]) -> bytes:
    # The object identifier as it stands in the encoded name, and the text in lower case as UTF-8.
    encoded = x509.Name([attribute]).public_bytes()
    identifier = encoded[6 : 8 + encoded[7]]
    text = str(attribute.value).lower().encode()
    pair = identifier + bytes([0x0C, len(text)]) + text
    return bytes([0x31, len(pair) + 2, 0x30, len(pair)]) + pair
