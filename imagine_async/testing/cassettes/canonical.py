"""What makes two requests the same: method, path and form, and never the boundary, the key or a signature."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from imagine_async.transport import PlainRequest

__all__ = ["PROMPTS", "canonical_form", "digest_of", "form_texts", "key_of"]

PROMPTS = ("prompt", "negative_prompt", "neg_prompt")
"""The fields that can be redacted."""
_SIGNED = "x-amz-"


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of a body, in hexadecimal.

    Args:
        content: The body.
    """
    return hashlib.sha256(content).hexdigest()


def key_of(form: Mapping[str, Any]) -> str:
    """Return what requests of the same canonical form share.

    Args:
        form: The form.
    """
    return json.dumps(form, sort_keys=True, ensure_ascii=True)


def canonical_form(request: PlainRequest, *, redact_prompts: bool) -> dict[str, Any]:
    """Describe a request by what it asks for, ready for JSON.

    Args:
        request: The request.
        redact_prompts: Whether of a prompt only the digest is kept.

    Returns:
        Method, path, query without signatures, and the parts of the form by name: texts as they are, files as digests.
    """
    url = urlsplit(request.url)
    query = sorted(pair for pair in parse_qsl(url.query, keep_blank_values=True) if not _is_signature(pair[0]))
    form: dict[str, Any] = {"method": request.method, "path": url.path}
    if query:
        form["query"] = [list(pair) for pair in query]
    parts = _parts(request)
    if parts is not None:
        form["form"] = sorted((_described(*part, redact_prompts=redact_prompts) for part in parts), key=key_of)
    elif request.body:
        form["body_sha256"] = digest_of(request.body)
    return form


def form_texts(request: PlainRequest, names: tuple[str, ...]) -> list[str]:
    """Return the texts of some fields of a form.

    Args:
        request: The request.
        names: Which.
    """
    return [content.decode("utf-8", "replace") for name, _, content in _parts(request) or () if name in names]


def _is_signature(name: str) -> bool:
    return name.lower().startswith(_SIGNED)


def _described(name: str, filename: str | None, content: bytes, *, redact_prompts: bool) -> dict[str, Any]:
    if filename is not None:
        return {"name": name, "file_sha256": digest_of(content), "bytes": len(content)}
    if redact_prompts and name in PROMPTS:
        return {"name": name, "text_sha256": digest_of(content)}
    try:
        return {"name": name, "text": content.decode()}
    except UnicodeDecodeError:
        return {"name": name, "text_sha256": digest_of(content)}


def _parts(request: PlainRequest) -> list[tuple[str, str | None, bytes]] | None:
    """Return name, file name and content of each part of a multipart body; `None` for another body."""
    head = Message()
    head["content-type"] = dict(request.headers).get("content-type", "")
    boundary = head.get_param("boundary")
    if head.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        return None
    pieces = (b"\r\n" + request.body).split(b"\r\n--" + boundary.encode())
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> tuple[str, str | None, bytes]:
    head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    disposition = BytesHeaderParser().parsebytes(head + b"\r\n\r\n")
    name = disposition.get_param("name", "", "content-disposition")
    return str(name), disposition.get_filename(), content
