"""The vendor's own Python client and ours side by side, on real sockets: the same calls, compared part by part.

What differs stands in a table, each with its reason. A difference that is not listed fails, and so does one that is
listed and no longer occurs.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import anyio.to_thread
import imagine
import pytest
from attrs import field, frozen
from imagine.features.image_remix.controls import RemixControls
from imagine.remote._imagine.http_client import RequestClient
from imagine.styles import GenerationsStyle, ImageRemixStyle

from imagine_async.calls.v1 import AsyncV1
from imagine_async.client import AsyncImagine
from imagine_async.errors import APIError, InsufficientCreditsError, NotFoundError, RateLimitedError, ServerError
from imagine_async.middleware import NO_RETRY
from imagine_async.results import Image
from tests.pictures import variety
from tests.scripted_server import Behaviour, ScriptedServer, read_request, reply, scripted_server

KEY = "vk-official"
ROOT = "/v1/imagine/api"
PNG, JPEG = variety("png"), variety("jpeg")

Theirs: TypeAlias = Callable[[Any, Path], Any]
Ours: TypeAlias = Callable[[AsyncV1, Path], Awaitable[Image]]
Differences: TypeAlias = dict[str, str]
"""What differs, by name, with the reason."""

# Why theirs is wrong, or ours has to differ.
JAVASCRIPT_KEY = "the JavaScript client, v2 and most callers say `Authorization: Bearer`"
JAVASCRIPT_SLASH = "the JavaScript client puts no slash behind the path"
JAVASCRIPT_SILENT = "the JavaScript client leaves it out where its caller does, and the server's default is the same"
JAVASCRIPT_MODEL = "the JavaScript client names the model of inpaint by style_id, the Python client by model_version"
LABEL = "theirs labels every file image/jpeg, a PNG included"
FILE_NAME = "theirs names every file <field>.jpeg, whatever it is"
SEED = "ours chooses a seed, so that the picture can be made again"
NUMBER = "theirs writes a whole float as 8.0; ours writes it in one way, as JavaScript does"


@frozen
class FilePart:
    """A file in a form."""

    filename: str
    media_type: str
    content: bytes = field(repr=lambda content: f"<{len(content)} bytes>")


@frozen
class Sent:
    """What was sent, without what the HTTP libraries add."""

    method: str
    path: str
    key: tuple[str, str]
    texts: dict[str, str]
    files: dict[str, FilePart]

    def facts(self) -> dict[str, object]:
        """Return everything that can differ, by name."""
        facts: dict[str, object] = {"method": self.method, "path": self.path, "key": self.key}
        facts |= {f"text {name}": text for name, text in self.texts.items()}
        for name, part in self.files.items():
            facts[f"file {name}: name"] = part.filename
            facts[f"file {name}: type"] = part.media_type
            facts[f"file {name}: content"] = part.content
        return facts


def differences(one: Sent, other: Sent) -> set[str]:
    left, right = one.facts(), other.facts()
    return {name for name in left.keys() | right.keys() if left.get(name) != right.get(name)}


def sent_from(head: bytes, body: bytes) -> Sent:
    """Read a request as it came over the wire."""
    request_line, *lines = head.decode().rstrip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    method, path, _ = request_line.split(" ")
    keys = [(name, headers[name]) for name in ("authorization", "bearer") if name in headers]
    assert len(keys) == 1
    texts: dict[str, str] = {}
    files: dict[str, FilePart] = {}
    for name, filename, media_type, content in parts_of(headers["content-type"], body):
        assert name not in texts.keys() | files.keys()
        if filename is None:
            texts[name] = content.decode()
        else:
            files[name] = FilePart(filename, media_type, content)
    return Sent(method, path, keys[0], texts, files)


def parts_of(content_type: str, body: bytes) -> Iterator[tuple[str, str | None, str, bytes]]:
    """Take a form apart: name, file name, media type and content of each part."""
    boundary = content_type.partition("boundary=")[2].encode()
    first, *parts, last = body.split(b"--" + boundary)
    assert (first, last.strip()) == (b"", b"--")
    for part in parts:
        head, _, content = part.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
        named = dict(re.findall(r'\b(name|filename)="([^"]*)"', head.decode()))
        kind = re.search(r"(?im)^content-type: (\S+)", head.decode())
        yield named["name"], named.get("filename"), kind[1] if kind else "", content


def recording(requests: list[Sent], *replies: bytes) -> Behaviour:
    """Note every request, and answer it with a picture or what is asked for."""
    answers = list(replies)

    def behave(connection: socket.socket) -> None:
        requests.append(sent_from(*read_request(connection)))
        connection.sendall(answers.pop(0) if answers else reply(PNG, headers="Connection: close\r\n"))

    return behave


@frozen
class Case:
    """A call of their client and the same call of ours."""

    theirs: Theirs
    ours: Ours
    python: Differences
    javascript: Differences


def pictures(**fields: bool) -> Differences:
    """Return how files differ: their names always, their labels where theirs is wrong."""
    labels = {f"file {name}: type": LABEL for name, wrong in fields.items() if wrong}
    return {f"file {name}: name": FILE_NAME for name in fields} | labels


CASES: dict[str, Case] = {
    "generations": Case(
        lambda client, folder: client.generations("a red fox"),
        lambda v1, folder: v1.generations("a red fox"),
        python={"text seed": SEED},
        javascript={"text seed": SEED, "key": JAVASCRIPT_KEY, "text high_res_results": JAVASCRIPT_SILENT},
    ),
    "generations-all": Case(
        lambda client, folder: client.generations(
            "fox \N{FOX FACE}",
            style=GenerationsStyle.IMAGINE_V5,
            aspect_ratio="16:9",
            neg_prompt='"dogs"\n& cats',
            cfg=7.5,
            seed=7,
            steps=40,
            high_res_results=True,
        ),
        lambda v1, folder: v1.generations(
            "fox \N{FOX FACE}",
            style_id=33,
            aspect_ratio="16:9",
            negative_prompt='"dogs"\n& cats',
            cfg=7.5,
            seed=7,
            steps=40,
            high_res_results=True,
        ),
        python={},
        javascript={"key": JAVASCRIPT_KEY},
    ),
    "generations-whole-float": Case(
        lambda client, folder: client.generations("fox", cfg=8.0, seed=7, high_res_results=True),
        lambda v1, folder: v1.generations("fox", cfg=8.0, seed=7, high_res_results=True),
        python={"text cfg": NUMBER},
        javascript={"text cfg": NUMBER, "key": JAVASCRIPT_KEY},
    ),
    "remix": Case(
        lambda client, folder: client.image_remix(str(folder / "fox.png"), "fox"),
        lambda v1, folder: v1.remix(folder / "fox.png", "fox"),
        python={"text seed": SEED, **pictures(image=True)},
        javascript={
            "text seed": SEED,
            **pictures(image=True),
            "key": JAVASCRIPT_KEY,
            "text control": JAVASCRIPT_SILENT,
        },
    ),
    "remix-all": Case(
        lambda client, folder: client.image_remix(
            str(folder / "fox.jpg"),
            "fox",
            style=ImageRemixStyle.REALISTIC,
            control=RemixControls.CANNY,
            seed=7,
            strength=60,
            steps=30,
            cfg=3,
            neg_prompt="dogs",
        ),
        lambda v1, folder: v1.remix(
            folder / "fox.jpg",
            "fox",
            style_id=29,
            control="canny",
            seed=7,
            strength=60,
            steps=30,
            cfg=3,
            negative_prompt="dogs",
        ),
        python=pictures(image=False),
        javascript={**pictures(image=False), "key": JAVASCRIPT_KEY},
    ),
    "upscale": Case(
        lambda client, folder: client.super_resolution(str(folder / "fox.png")),
        lambda v1, folder: v1.upscale(folder / "fox.png"),
        python=pictures(image=True),
        javascript={**pictures(image=True), "key": JAVASCRIPT_KEY, "path": JAVASCRIPT_SLASH},
    ),
    "variations": Case(
        lambda client, folder: client.variations(str(folder / "fox.jpg"), "fox"),
        lambda v1, folder: v1.variations(folder / "fox.jpg", "fox"),
        python={"text seed": SEED, **pictures(image=False)},
        javascript={"text seed": SEED, **pictures(image=False), "key": JAVASCRIPT_KEY},
    ),
    "variations-all": Case(
        lambda client, folder: client.variations(
            str(folder / "fox.png"),
            "fox",
            style=GenerationsStyle.ANIME,
            seed=7,
            steps=35,
            strength=1,
            cfg=12.25,
            neg_prompt="dogs",
        ),
        lambda v1, folder: v1.variations(
            folder / "fox.png",
            "fox",
            style_id=21,
            seed=7,
            steps=35,
            strength=1,
            cfg=12.25,
            negative_prompt="dogs",
        ),
        python=pictures(image=True),
        javascript={**pictures(image=True), "key": JAVASCRIPT_KEY},
    ),
    "inpaint": Case(
        lambda client, folder: client.in_painting(str(folder / "fox.jpg"), str(folder / "fox.png"), "a hat"),
        lambda v1, folder: v1.inpaint(folder / "fox.jpg", folder / "fox.png", "a hat"),
        python=pictures(image=False, mask=True),
        javascript={
            **pictures(image=False, mask=True),
            "key": JAVASCRIPT_KEY,
            "text model_version": JAVASCRIPT_MODEL,
            "text style_id": JAVASCRIPT_MODEL,
        },
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures of one size."""
    (tmp_path / "fox.png").write_bytes(PNG)
    (tmp_path / "fox.jpg").write_bytes(JPEG)
    return tmp_path


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> Callable[[ScriptedServer], Any]:
    """Return what makes their client for a server of ours; its base URL can be set nowhere."""

    def make(server: ScriptedServer) -> Any:
        monkeypatch.setattr(RequestClient, "_RequestClient__base_url", server.url + ROOT)
        return imagine.Imagine(KEY)

    return make


def ours(server: ScriptedServer, dialect: Any = "javascript") -> AsyncImagine:
    return AsyncImagine(KEY, base_url=server.url, v1_dialect=dialect, retry=NO_RETRY)


@pytest.mark.anyio
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dialect", ["python", "javascript"])
async def test_same_on_the_wire(name: str, dialect: str, folder: Path, theirs: Callable[[ScriptedServer], Any]) -> None:
    """The same call goes out as the vendor's client sends it, but for the differences that are listed."""
    case, requests = CASES[name], list[Sent]()
    with scripted_server(recording(requests)) as server:
        response = await anyio.to_thread.run_sync(case.theirs, theirs(server), folder)
        async with ours(server, dialect) as client:
            image = await case.ours(client.v1, folder)
    assert response.data.bytes == image.content == PNG
    their_request, our_request = requests
    assert differences(their_request, our_request) == set(case.python if dialect == "python" else case.javascript)


def test_key_travels_as_it_is_listed() -> None:
    """The two headers in which the key differs are those of the table."""
    head = b"POST /x HTTP/1.1\r\nBearer: k\r\nContent-Type: multipart/form-data; boundary=B\r\n\r\n"
    theirs = sent_from(head, b"--B--\r\n")
    ours = sent_from(head.replace(b"Bearer: k", b"authorization: Bearer k"), b"--B--\r\n")
    assert (theirs.key, ours.key) == (("bearer", "k"), ("authorization", "Bearer k"))
    assert differences(theirs, ours) == {"key"}


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (b'name="prompt"\r\n\r\ndog', "text prompt"),
        (b'name="image"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n12', "file image: content"),
        (b'name="image"; filename="b.png"\r\nContent-Type: image/png\r\n\r\n1', "file image: name"),
        (b'name="image"; filename="a.png"\r\nContent-Type: image/webp\r\n\r\n1', "file image: type"),
    ],
)
def test_comparison_sees_every_difference(part: bytes, name: str) -> None:
    """The comparison itself notices another text, content, file name and label."""
    head = b"POST /x HTTP/1.1\r\nBearer: k\r\nContent-Type: multipart/form-data; boundary=B\r\n\r\n"
    start = b"--B\r\nContent-Disposition: form-data; "
    usual = {
        b'name="prompt"': b'name="prompt"\r\n\r\nfox',
        b'name="image"': b'name="image"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n1',
    }
    changed = usual | {re.split(rb"[;\r]", part)[0]: part}
    one, other = (
        b"".join(start + each + b"\r\n" for each in form.values()) + b"--B--\r\n" for form in (usual, changed)
    )
    assert differences(sent_from(head, one), sent_from(head, other)) == {name}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("402 Payment Required", InsufficientCreditsError),
        ("404 Not Found", NotFoundError),
        ("502 Bad Gateway", ServerError),
        ("504 Gateway Timeout", ServerError),
    ],
    ids=lambda value: value[:3] if isinstance(value, str) else "",
)
async def test_statuses_that_their_client_does_not_know(
    status: str, error: type[APIError], theirs: Callable[[ScriptedServer], Any]
) -> None:
    """Theirs fails over a status that it has no word for; ours raises the error that belongs to it, and says why."""
    answer = reply(
        b'{"code":1,"details":["no tokens left"],"error":"x"}', status=status, headers="Connection: close\r\n"
    )
    with scripted_server(recording([], answer, answer)) as server:
        with pytest.raises(ValueError, match=f"{status[:3]} is not a valid Status"):
            await anyio.to_thread.run_sync(theirs(server).generations, "fox")
        async with ours(server) as client:
            with pytest.raises(error) as caught:
                await client.v1.generations("fox")
    assert caught.value.status == int(status[:3])
    assert "no tokens left" in caught.value.body


@pytest.mark.anyio
async def test_errors_that_their_client_keeps_to_itself(theirs: Callable[[ScriptedServer], Any]) -> None:
    """Theirs gives back an empty response for a refusal and drops what the server said; ours raises it."""
    answer = reply(
        b'{"code":1,"details":["slow down"],"error":"x"}', status="429 Too Many", headers="Connection: close\r\n"
    )
    with scripted_server(recording([], answer, answer)) as server:
        response = await anyio.to_thread.run_sync(theirs(server).generations, "fox")
        assert response.data is None
        async with ours(server) as client:
            with pytest.raises(RateLimitedError) as caught:
                await client.v1.generations("fox")
    assert "slow down" in caught.value.body
