"""A WSGI application that makes a client when it is imported, and uses it at once: what `--preload` is hardest on.

Served by gunicorn in `test_gunicorn.py`; each request makes a picture and answers with the worker's process id.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from imagine_async import NO_RETRY, Imagine, TextToImage

client = Imagine(rate_limit=None, retry=NO_RETRY)
assert client.text_to_image("before the fork").content


def app(environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
    """Answer a request."""
    assert client.text_to_image(environ["PATH_INFO"]).content
    assert len(list(client.generate_many([TextToImage(prompt="a fox")] * 2))) == 2
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
