"""Pictures that come as bytes, by URL or within JSON: the client hands out the same, from a sandbox on a port."""

from __future__ import annotations

from io import BytesIO
from typing import Any, get_args

import PIL.Image
import pytest

from imagine_async import AsyncImagine, errors
from imagine_async.errors import Outcome
from imagine_async.sandbox import SandboxSettings, running_sandbox
from imagine_async.sandbox.settings import ReplyForm
from tests.clocks import HurriedClock
from tests.samples import png_bytes
from tests.scripted_server import ScriptedServer, answering, reply, scripted_server

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("form", get_args(ReplyForm))
async def test_every_form(form: Any) -> None:
    """Whatever the form of the reply, there is a picture that opens, settled once."""
    with running_sandbox(SandboxSettings(side=64, reply_form=form)) as server:
        async with AsyncImagine(server.key, base_url=server.base_url) as client:
            image = await client.text_to_image("a fox", style="anime", seed=7)
            assert (await client.usage()).tokens == server.books()["accounts"][0]["tokens"] == 5
    with PIL.Image.open(BytesIO(image.content)) as picture:
        picture.load()
        assert picture.size == (image.width, image.height) == (64, 64)
    assert image.seed == 7


def json_reply(url: str) -> bytes:
    return reply(
        f'{{"status":"success","data":[{{"url":"{url}"}}]}}'.encode(), headers="Content-Type: application/json\r\n"
    )


async def asked(api: ScriptedServer, **options: Any) -> Any:
    async with AsyncImagine("vk-secret", base_url=api.url, rate_limit=None, clock=HurriedClock(), **options) as client:
        return await client.text_to_image("a fox")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/fox.png",
        "https://10.0.0.7/fox.png",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/fox.png",
        "https://localhost/fox.png",
        "https://user:password@example.com/fox.png",
    ],
)
async def test_unsafe_urls_are_refused(url: str) -> None:
    """Nothing is fetched from a private address or in clear text; the work counts as done, and the URL is kept."""
    with scripted_server(answering(json_reply(url))) as api:
        with pytest.raises(errors.UnsafeUrlError) as caught:
            await asked(api)
        assert api.connections == 1
    assert (caught.value.outcome, caught.value.url) == (Outcome.COMPLETED, url)


async def test_failed_download_is_tried_again_without_paying_again() -> None:
    """The picture is asked for once and fetched as often as it takes."""
    with scripted_server(
        lambda connection: answering(json_reply(f"{api.url}/fox.png"))(connection),
        answering(reply(b"later", status="503 Service Unavailable")),
        answering(reply(png_bytes())),
    ) as api:
        image = await asked(api)
    assert image.content == png_bytes()
    assert api.connections == 3


async def test_what_lies_there_is_no_picture() -> None:
    """A web page behind the URL is an error after the work was done."""
    with (
        scripted_server(
            lambda connection: answering(json_reply(f"{api.url}/fox.png"))(connection),
            answering(reply(b"<html>gone</html>")),
        ) as api,
        pytest.raises(errors.DownloadError, match="no whole picture") as caught,
    ):
        await asked(api)
    assert caught.value.outcome is Outcome.COMPLETED
    assert caught.value.url.endswith("/fox.png")
