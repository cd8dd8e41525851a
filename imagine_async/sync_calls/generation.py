# Generated from calls/generation.py by `python -m imagine_async.codegen`; do not edit.
"""Part of the sync client: `GenerationCalls` does what `AsyncGenerationCalls` does, for code that does not await."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from imagine_async.bridge.calls import run
from imagine_async.bridge.loop_thread import PerProcess
from imagine_async.catalog import AspectRatio, Style

if TYPE_CHECKING:
    from imagine_async.client import AsyncImagine
    from imagine_async.inputs import ImageInput
    from imagine_async.results import Image
    from imagine_async.timeout import Timeout

__all__ = ["GenerationCalls"]


class GenerationCalls:
    """The calls of v2 that make new pictures."""

    _client: PerProcess[AsyncImagine]

    def text_to_image(
        self,
        prompt: str,
        *,
        style: str = Style.IMAGINE_TURBO,
        aspect_ratio: str = AspectRatio.SQUARE,
        seed: int | None = None,
        extra: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        priority: int | None = None,
        tag: str | None = None,
        resend_unknown: bool | None = None,
    ) -> Image:
        """Make a picture from a prompt.

        Args:
            prompt: What to show.
            style: A `Style`, or any other style's name.
            aspect_ratio: An `AspectRatio`, or any other ratio as `width:height`.
            seed: At least 1; `None`: the SDK chooses one and reports it.
            extra: Further form fields by name.
            headers: Further HTTP headers for this call.
            timeout: Seconds for this call, or a `Timeout`; `None` takes the client's.
            priority: Calls of a higher one pass the rate limit first, 0 is usual; `None` takes the client's.
            tag: What the call is booked under; `None` takes the client's.
            resend_unknown: Whether to send again what may have been charged; `None` leaves it to the client's policy.

        Returns:
            The picture.

        Raises:
            InvalidRequestError: A field was refused; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.

        Example:
            image = client.text_to_image("a lighthouse at dusk", aspect_ratio="16:9", seed=7)
        """
        return run(
            lambda: self._client.get().text_to_image(
                prompt,
                style=style,
                aspect_ratio=aspect_ratio,
                seed=seed,
                extra=extra,
                headers=headers,
                timeout=timeout,
                priority=priority,
                tag=tag,
                resend_unknown=resend_unknown,
            )
        )

    def text_to_png(
        self,
        prompt: str,
        *,
        aspect_ratio: str = AspectRatio.SQUARE,
        seed: int | None = None,
        extra: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        priority: int | None = None,
        tag: str | None = None,
        resend_unknown: bool | None = None,
    ) -> Image:
        """Make a picture with a transparent background from a prompt.

        Args:
            prompt: What to show.
            aspect_ratio: An `AspectRatio`, or any other ratio as `width:height`.
            seed: At least 1; `None`: the SDK chooses one and reports it.
            extra: Further form fields by name.
            headers: Further HTTP headers for this call.
            timeout: Seconds for this call, or a `Timeout`; `None` takes the client's.
            priority: Calls of a higher one pass the rate limit first, 0 is usual; `None` takes the client's.
            tag: What the call is booked under; `None` takes the client's.
            resend_unknown: Whether to send again what may have been charged; `None` leaves it to the client's policy.

        Returns:
            The picture, a PNG.

        Raises:
            InvalidRequestError: A field was refused; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        return run(
            lambda: self._client.get().text_to_png(
                prompt,
                aspect_ratio=aspect_ratio,
                seed=seed,
                extra=extra,
                headers=headers,
                timeout=timeout,
                priority=priority,
                tag=tag,
                resend_unknown=resend_unknown,
            )
        )

    def ai_background(
        self,
        image: ImageInput,
        prompt: str,
        *,
        style: str = "product-shoot",
        seed: int | None = None,
        extra: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        priority: int | None = None,
        tag: str | None = None,
        resend_unknown: bool | None = None,
    ) -> Image:
        """Place a product in front of a new background.

        Args:
            image: The product, cut out; a path, bytes, a file, a URL or any other form of `ImageInput`.
            prompt: The background to paint.
            style: The reference lists only `product-shoot`.
            seed: At least 1; `None`: the SDK chooses one and reports it.
            extra: Further form fields by name.
            headers: Further HTTP headers for this call.
            timeout: Seconds for this call, or a `Timeout`; `None` takes the client's.
            priority: Calls of a higher one pass the rate limit first, 0 is usual; `None` takes the client's.
            tag: What the call is booked under; `None` takes the client's.
            resend_unknown: Whether to send again what may have been charged; `None` leaves it to the client's policy.

        Returns:
            The picture.

        Raises:
            InvalidRequestError: A field was refused; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        return run(
            lambda: self._client.get().ai_background(
                image,
                prompt,
                style=style,
                seed=seed,
                extra=extra,
                headers=headers,
                timeout=timeout,
                priority=priority,
                tag=tag,
                resend_unknown=resend_unknown,
            )
        )
