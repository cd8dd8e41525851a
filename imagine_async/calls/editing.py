"""The calls of v2 that change pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from imagine_async import requests
from imagine_async.calls.base import AsyncCalls
from imagine_async.requests import built_off_the_loop

if TYPE_CHECKING:
    # Loaded on use, as the classes of the requests are: many programs change no pictures.
    from imagine_async.inputs import ImageInput
    from imagine_async.results import Image
    from imagine_async.timeout import Timeout

__all__ = ["AsyncEditingCalls"]


class AsyncEditingCalls(AsyncCalls):
    """The calls of v2 that change pictures."""

    async def remove_background(
        self,
        image: ImageInput,
        *,
        extra: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        priority: int | None = None,
        tag: str | None = None,
        resend_unknown: bool | None = None,
    ) -> Image:
        """Cut the subject out of a picture.

        Args:
            image: A path, bytes, a file, a URL, a PIL image or any other form of `ImageInput`.
            extra: Further form fields by name.
            headers: Further HTTP headers for this call.
            timeout: Seconds for this call, or a `Timeout`; `None` takes the client's.
            priority: Calls of a higher one pass the rate limit first, 0 is usual; `None` takes the client's.
            tag: What the call is booked under; `None` takes the client's.
            resend_unknown: Whether to send again what may have been charged; `None` leaves it to the client's policy.

        Returns:
            The picture with transparency.

        Raises:
            InvalidRequestError: The image cannot be read or is no picture; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        request = await built_off_the_loop(lambda: requests.RemoveBackground(image=image, extra=extra))
        return await self.send(
            request,
            headers=headers,
            timeout=timeout,
            priority=priority,
            tag=tag,
            resend_unknown=resend_unknown,
        )

    async def upscale(
        self,
        image: ImageInput,
        *,
        extra: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        priority: int | None = None,
        tag: str | None = None,
        resend_unknown: bool | None = None,
    ) -> Image:
        """Make a picture larger and sharper; the factor is the API's choice.

        Args:
            image: A path, bytes, a file, a URL, a PIL image or any other form of `ImageInput`.
            extra: Further form fields by name.
            headers: Further HTTP headers for this call.
            timeout: Seconds for this call, or a `Timeout`; `None` takes the client's.
            priority: Calls of a higher one pass the rate limit first, 0 is usual; `None` takes the client's.
            tag: What the call is booked under; `None` takes the client's.
            resend_unknown: Whether to send again what may have been charged; `None` leaves it to the client's policy.

        Returns:
            The larger picture.

        Raises:
            InvalidRequestError: The image cannot be read or is no picture; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        request = await built_off_the_loop(lambda: requests.Upscale(image=image, extra=extra))
        return await self.send(
            request,
            headers=headers,
            timeout=timeout,
            priority=priority,
            tag=tag,
            resend_unknown=resend_unknown,
        )

    async def generative_fill(
        self,
        image: ImageInput,
        mask: ImageInput,
        prompt: str,
        *,
        extra: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        priority: int | None = None,
        tag: str | None = None,
        resend_unknown: bool | None = None,
    ) -> Image:
        """Paint what the prompt says where the mask is white.

        That white means "change" is the custom of callers; the reference says only that the mask marks the area.

        Args:
            image: A path, bytes, a file, a URL, a PIL image or any other form of `ImageInput`.
            mask: The same forms; of the image's width and height, white where the picture may change.
            prompt: What to paint.
            extra: Further form fields by name.
            headers: Further HTTP headers for this call.
            timeout: Seconds for this call, or a `Timeout`; `None` takes the client's.
            priority: Calls of a higher one pass the rate limit first, 0 is usual; `None` takes the client's.
            tag: What the call is booked under; `None` takes the client's.
            resend_unknown: Whether to send again what may have been charged; `None` leaves it to the client's policy.

        Returns:
            The changed picture.

        Raises:
            InvalidRequestError: A file cannot be read, is no picture, or the sizes differ; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        request = await built_off_the_loop(
            lambda: requests.GenerativeFill(image=image, mask=mask, prompt=prompt, extra=extra)
        )
        return await self.send(
            request,
            headers=headers,
            timeout=timeout,
            priority=priority,
            tag=tag,
            resend_unknown=resend_unknown,
        )

    async def ai_resize(
        self,
        image: ImageInput,
        *,
        prompt: str | None = None,
        mask: ImageInput | None = None,
        extra: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        priority: int | None = None,
        tag: str | None = None,
        resend_unknown: bool | None = None,
    ) -> Image:
        """Extend a picture beyond its borders. Experimental: no official page about this call could be read.

        Args:
            image: A path, bytes, a file, a URL, a PIL image or any other form of `ImageInput`.
            prompt: What to show in the new area.
            mask: A picture that marks the new area.
            extra: Further form fields by name, for example what names the target size.
            headers: Further HTTP headers for this call.
            timeout: Seconds for this call, or a `Timeout`; `None` takes the client's.
            priority: Calls of a higher one pass the rate limit first, 0 is usual; `None` takes the client's.
            tag: What the call is booked under; `None` takes the client's.
            resend_unknown: Whether to send again what may have been charged; `None` leaves it to the client's policy.

        Returns:
            The extended picture.

        Raises:
            InvalidRequestError: A file cannot be read or is no picture; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        request = await built_off_the_loop(
            lambda: requests.AiResize(image=image, prompt=prompt, mask=mask, extra=extra)
        )
        return await self.send(
            request,
            headers=headers,
            timeout=timeout,
            priority=priority,
            tag=tag,
            resend_unknown=resend_unknown,
        )

    async def retouch(
        self,
        image: ImageInput,
        mask: ImageInput,
        *,
        extra: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        priority: int | None = None,
        tag: str | None = None,
        resend_unknown: bool | None = None,
    ) -> Image:
        """Remove what the mask marks.

        No official page about this call could be read; the fields are those that one caller was seen to send.

        Args:
            image: A path, bytes, a file, a URL, a PIL image or any other form of `ImageInput`.
            mask: The same forms; of the image's width and height, white where something is to go.
            extra: Further form fields by name.
            headers: Further HTTP headers for this call.
            timeout: Seconds for this call, or a `Timeout`; `None` takes the client's.
            priority: Calls of a higher one pass the rate limit first, 0 is usual; `None` takes the client's.
            tag: What the call is booked under; `None` takes the client's.
            resend_unknown: Whether to send again what may have been charged; `None` leaves it to the client's policy.

        Returns:
            The changed picture.

        Raises:
            InvalidRequestError: A file cannot be read, is no picture, or the sizes differ; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        request = await built_off_the_loop(lambda: requests.Retouch(image=image, mask=mask, extra=extra))
        return await self.send(
            request,
            headers=headers,
            timeout=timeout,
            priority=priority,
            tag=tag,
            resend_unknown=resend_unknown,
        )
