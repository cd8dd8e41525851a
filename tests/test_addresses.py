"""Which addresses a foreign URL may lead to, and that the check stands where the connection is made."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import anyio
import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagine_async.transport.addresses import address_in, is_local_name, is_public
from imagine_async.transport.guard import ForbiddenAddressError, GuardedBackend

PUBLIC = ["1.1.1.1", "93.184.216.34", "192.0.1.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1", "64:ff9b::101:101"]
FORBIDDEN = {
    "unspecified": ["0.0.0.0", "0.1.2.3", "::"],
    "loopback": ["127.0.0.1", "127.255.0.9", "::1"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fdff::1"],
    "shared": ["100.64.0.1", "100.127.255.254"],
    "link-local": ["169.254.0.1", "fe80::1", "fe80::1%eth0", "fec0::1"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "reserved": [
        "240.0.0.1",
        "255.255.255.255",
        "192.0.0.8",
        "192.88.99.1",
        "198.18.0.1",
        "100::1",
        "4000::1",
        "5f00::1",
    ],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "metadata": ["169.254.169.254", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "192.0.0.192", "168.63.129.16"],
    "mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"],
    "compatible": ["::127.0.0.1", "::1.1.1.1"],
    "6to4": ["2002:7f00:1::", "2002:a00:1::1", "2002:101:101::1"],
    "nat64": ["64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"],
    "teredo": ["2001:0:1:2:3:4:5:6"],
}


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_public(text: str) -> None:
    """What the public internet routes may be reached."""
    assert is_public(ip_address(text))


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in FORBIDDEN.items() for text in texts])
def test_all_other_addresses_are_not(kind: str, text: str) -> None:
    """Nothing local, reserved or translated to something local may be reached."""
    assert not is_public(ip_address(text)), kind


@given(st.integers(min_value=0, max_value=2**32 - 1).map(IPv4Address))
def test_an_address_inside_another_is_judged_for_itself(inner: IPv4Address) -> None:
    """Mapped and translated addresses are as public as the IPv4 address that they hold; tunnelled ones never are."""
    mapped = IPv6Address(0xFFFF << 32 | int(inner))
    translated = IPv6Address(0x0064_FF9B << 96 | int(inner))
    tunnelled = IPv6Address(0x2002 << 112 | int(inner) << 80 | 1)
    assert {is_public(each) for each in (mapped, translated)} == {is_public(inner)}
    assert not is_public(tunnelled)


@given(st.ip_addresses())
def test_nothing_is_public_that_python_knows_as_private(address: IPv4Address | IPv6Address) -> None:
    """The judgement is never milder than that of the standard library."""
    if isinstance(address, IPv4Address) or address.ipv4_mapped is None:
        assert not (is_public(address) and (address.is_private or address.is_multicast or address.is_loopback))


@pytest.mark.parametrize("text", ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "::ffff:7f00:1"])
def test_every_spelling_of_an_address_is_understood(text: str) -> None:
    """Decimal, octal, hexadecimal and short spellings are addresses, as they are for the resolver."""
    address = address_in(text)
    assert address is not None
    assert not is_public(address)


@pytest.mark.parametrize("text", ["example.com", "1.2.3.4.5", "", "10.example", "1.2.3.4\x00"])
def test_names_are_no_addresses(text: str) -> None:
    """A name stays a name."""
    assert address_in(text) is None


@pytest.mark.parametrize(
    "name", ["localhost", "LOCALHOST.", "app.localhost", "nas.local", "metadata.google.internal", "db"]
)
def test_local_names_are_known_by_their_spelling(name: str) -> None:
    """Names that only this machine or its network knows are told apart."""
    assert is_local_name(name)


@pytest.mark.parametrize("name", ["example.com", "localhost.example.com", "local.example", "internal.dev"])
def test_public_names_are_not_local(name: str) -> None:
    """A name on the public internet is none of these."""
    assert not is_local_name(name)


class Wires(httpcore.AsyncNetworkBackend):
    """Notes where connections go; those to the addresses in `broken` fail."""

    def __init__(self, *broken: str) -> None:
        self.broken = broken
        self.tried: list[str] = []
        self.shares: list[float | None] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.tried.append(host)
        self.shares.append(timeout)
        if host in self.broken:
            raise httpcore.ConnectError(host)
        return httpcore.AsyncMockStream([])


def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let the resolver give these answers, one after the other; the last one stays."""
    asked: list[str] = []

    async def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        answer = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET6 if ":" in each else socket.AF_INET, 1, 6, "", (each, port)) for each in answer]

    monkeypatch.setattr(anyio, "getaddrinfo", resolve)
    return asked


@pytest.mark.anyio
async def test_the_connection_goes_to_the_address_that_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is resolved once, so that one that changes its answer after the check gains nothing."""
    asked, wires = names(monkeypatch, ["1.1.1.1"], ["127.0.0.1"]), Wires()
    await GuardedBackend("api.example", wires).connect_tcp("cdn.example", 443, 5.0)
    assert asked == ["cdn.example"]
    assert wires.tried == ["1.1.1.1"]


@pytest.mark.anyio
@pytest.mark.parametrize("answer", [["10.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["2606:4700::1", "::1"]], ids=str)
async def test_one_private_address_refuses_a_name(monkeypatch: pytest.MonkeyPatch, answer: list[str]) -> None:
    """If any address of a name is not public, no connection is made to any."""
    names(monkeypatch, answer)
    wires = Wires()
    with pytest.raises(ForbiddenAddressError, match="cdn.example"):
        await GuardedBackend("api.example", wires).connect_tcp("cdn.example", 443, 5.0)
    assert wires.tried == []


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "localhost", "::1"])
async def test_the_real_resolver_is_judged(host: str) -> None:
    """Whatever the resolver makes of a host is what is judged."""
    wires = Wires()
    with pytest.raises(ForbiddenAddressError):
        await GuardedBackend("api.example", wires).connect_tcp(host, 443, 5.0)
    assert wires.tried == []


@pytest.mark.anyio
async def test_the_apis_own_host_may_be_private(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host of the base URL is reached wherever it is, and is not resolved here."""
    asked, wires = names(monkeypatch, ["127.0.0.1"]), Wires()
    await GuardedBackend("localhost", wires).connect_tcp("localhost", 80, 5.0)
    assert (asked, wires.tried, wires.shares) == ([], ["localhost"], [5.0])


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["evil-api.example", "x.api.example", "api.example.evil", "API.example."])
async def test_only_that_very_host_may(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """A host that merely looks like the API's own is judged like any other."""
    names(monkeypatch, ["127.0.0.1"])
    with pytest.raises(ForbiddenAddressError):
        await GuardedBackend("api.example", Wires()).connect_tcp(host, 80, 5.0)


@pytest.mark.anyio
async def test_addresses_are_tried_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The families alternate, and an address that fails makes way; each has all the time, beside those that follow."""
    names(monkeypatch, ["2606:4700::1", "2606:4700::2", "1.1.1.1", "1.0.0.1", "1.1.1.1"])
    wires = Wires("2606:4700::1", "1.1.1.1")
    await GuardedBackend("api.example", wires).connect_tcp("cdn.example", 443, 4.0)
    assert wires.tried == ["2606:4700::1", "1.1.1.1", "2606:4700::2"]
    assert wires.shares == [4.0, 4.0, 4.0]


@pytest.mark.anyio
@pytest.mark.parametrize("timeout", [5.0, None])
async def test_the_last_failure_is_told(monkeypatch: pytest.MonkeyPatch, timeout: float | None) -> None:
    """Where no address answers, the failure of the last one comes out."""
    names(monkeypatch, ["1.1.1.1", "1.0.0.1"])
    with pytest.raises(httpcore.ConnectError, match=r"1\.0\.0\.1"):
        await GuardedBackend("api.example", Wires("1.1.1.1", "1.0.0.1")).connect_tcp("cdn.example", 443, timeout)


@pytest.mark.anyio
async def test_a_name_without_addresses_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty answer of the resolver is a failure to connect."""
    names(monkeypatch, [])
    with pytest.raises(httpcore.ConnectError, match="cdn.example"):
        await GuardedBackend("api.example", Wires()).connect_tcp("cdn.example", 443, 5.0)


@pytest.mark.anyio
async def test_an_unknown_name_is_a_failure_to_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the resolver cannot answer reads as any other failure to connect."""

    async def resolve(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(anyio, "getaddrinfo", resolve)
    with pytest.raises(httpcore.ConnectError, match="not known"):
        await GuardedBackend("api.example", Wires()).connect_tcp("cdn.example", 443, 5.0)


@pytest.mark.anyio
async def test_a_resolver_that_is_silent_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolving takes part in the time for connecting."""

    async def resolve(*_: Any, **__: Any) -> list[Any]:
        await anyio.sleep_forever()
        return []

    monkeypatch.setattr(anyio, "getaddrinfo", resolve)
    with pytest.raises(httpcore.ConnectTimeout):
        await GuardedBackend("api.example", Wires()).connect_tcp("cdn.example", 443, 0.01)


@pytest.mark.anyio
async def test_the_guard_opens_real_sockets() -> None:
    """Without another backend, plain sockets are opened."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        stream = await GuardedBackend("127.0.0.1").connect_tcp("127.0.0.1", port, 5.0)
        await stream.aclose()
