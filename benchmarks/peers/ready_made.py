"""A request whose form is put together once, for clients that send ready-made bytes."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.peers.peer import FIELDS, KEY

__all__ = ["BODY", "HEADERS"]

_BOUNDARY = "5347342a3fb5679a7f403d903761fa4e"


def _form(fields: Mapping[str, str]) -> bytes:
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return f"{''.join(parts)}--{_BOUNDARY}--\r\n".encode()


BODY = _form(FIELDS)
HEADERS = {
    "Authorization": f"Bearer {KEY}",
    "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}",
}
