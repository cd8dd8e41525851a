"""Refuse prompts that hold certain words, before anything is sent or booked.

    python examples/refuse_prompts.py          # async
    python examples/refuse_prompts.py --sync   # the same through the sync client

It runs against the sandbox in this process: no key, no network, no bill. It needs the extra `sandbox`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

import anyio

from imagine_async import AsyncImagine, Call, Handler, Image, Imagine, ImagineError, Middleware, Result, TextToImage

__all__ = ["PromptRefusedError", "RefusePrompts"]

PROMPTS = ["a red fox", "a dragon over a village", "a blue whale"]


class PromptRefusedError(ImagineError):
    """The prompt holds a word that is not wanted; nothing was sent.

    Args:
        word: The word.
        call_id: The id of the call.
    """

    def __init__(self, word: str, *, call_id: str | None = None) -> None:
        super().__init__(f"prompt: {word!r} is not wanted here; nothing was sent: leave it out", call_id=call_id)
        self.word = word


class RefusePrompts(Middleware):
    """Refuses every call whose prompt holds one of some words, in upper or lower case.

    Args:
        words: Single words.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = {word.casefold() for word in words}

    async def around_call(self, call: Call, next: Handler) -> Result:
        """Let the call pass, or end it here: what lies further in never learns of it."""
        # Some calls have no prompt, or one that may be left out.
        prompt = getattr(call.request, "prompt", None) or ""
        for word in re.findall(r"\w+", prompt.casefold()):
            if word in self._words:
                raise PromptRefusedError(word, call_id=call.id)
        return await next(call)


def tell(request: TextToImage, result: Image | Exception) -> None:
    """Print what became of one prompt."""
    what = f"{result.width} x {result.height} pixels" if isinstance(result, Image) else f"refused: {result}"
    print(f"{request.prompt}: {what}")


async def main() -> None:
    """Make one call that is refused, then several of which one is."""
    async with AsyncImagine.sandbox(side=64, middleware=[RefusePrompts(["dragon"])]) as client:
        try:
            await client.text_to_image("A Dragon")
        except PromptRefusedError as error:
            print(f"{error.word}: {error.outcome}; calls in the books: {(await client.usage()).calls}")
        async for request, result in client.generate_many(TextToImage(prompt=prompt) for prompt in PROMPTS):
            tell(request, result)
        print(f"calls in the books: {(await client.usage()).calls}")


def main_sync() -> None:
    """Do the same with the sync client."""
    with Imagine.sandbox(side=64, middleware=[RefusePrompts(["dragon"])]) as client:
        try:
            client.text_to_image("A Dragon")
        except PromptRefusedError as error:
            print(f"{error.word}: {error.outcome}; calls in the books: {client.usage().calls}")
        for request, result in client.generate_many(TextToImage(prompt=prompt) for prompt in PROMPTS):
            tell(request, result)
        print(f"calls in the books: {client.usage().calls}")


if __name__ == "__main__":
    main_sync() if "--sync" in sys.argv else anyio.run(main)
