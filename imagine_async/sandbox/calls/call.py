"""What became of one call."""

from __future__ import annotations

import uuid
from typing import Any

from attrs import asdict, define, field

__all__ = ["LoggedCall"]

# Prompts may be as long as a book, and a thousand of them are remembered.
_LONGEST_TEXT = 500


@define(eq=False)
class LoggedCall:
    """One call of the API, from its first byte to its last.

    Args:
        at: When it came, as ISO 8601.
        method: The HTTP method.
        path: The path.
        begun: Seconds on the sandbox's clock.
        id: What it is called in the log and in the statement.
        sequence: Grows with every change to any call, so that a reader can ask for what is new.
        account: The end of its key; `None` where the key is unknown.
        endpoint: The endpoint's name; `None` where the form was not read.
        prompt: The beginning of its prompt.
        style: The style, where there is one.
        seed: The seed that the picture was painted with.
        tokens: What it was charged.
        status: The HTTP status; `None` while it runs.
        code: The error code of the reply's body.
        message: What the reply says of the error.
        media_type: What the picture is, where there is one.
        bytes_sent: Bytes of the reply's body.
        seconds: How long it took; `None` while it runs.
        whole: Whether the reply went out to its end.
    """

    at: str
    method: str
    path: str
    begun: float
    id: str = field(factory=lambda: uuid.uuid4().hex)
    sequence: int = 0
    account: str | None = None
    endpoint: str | None = None
    prompt: str | None = None
    style: str | None = None
    seed: int | None = None
    tokens: int = 0
    status: int | None = None
    code: int | None = None
    message: str | None = None
    media_type: str | None = None
    bytes_sent: int = 0
    seconds: float | None = None
    whole: bool = False

    def describe(self, endpoint: str, *, prompt: str | None, style: str | None, seed: int | None) -> None:
        """Note what was asked for.

        Args:
            endpoint: The endpoint's name.
            prompt: The prompt, of which the beginning is kept.
            style: The style.
            seed: The seed, where the endpoint paints at once.
        """
        self.endpoint, self.style, self.seed = endpoint, style, seed
        self.prompt = None if prompt is None else prompt[:_LONGEST_TEXT]

    def refuse(self, code: Any, message: Any) -> None:
        """Note why it got nothing.

        Args:
            code: The error code of the reply's body.
            message: What it says.
        """
        self.code = code if isinstance(code, int) else None
        self.message = str(message)[:_LONGEST_TEXT]

    def as_data(self) -> dict[str, Any]:
        """Return what is known, ready for JSON."""
        return asdict(self, filter=lambda attribute, _: attribute.name != "begun")
