# Generated from calls/editing.py by `python -m imagine_async.codegen`; do not edit.
"""Part of the sync client: `EditingCalls` does what `AsyncEditingCalls` does, for code that does not await."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from imagine_async.bridge.calls import run
from imagine_async.bridge.loop_thread import PerProcess

if TYPE_CHECKING:
    from imagine_async.client import AsyncImagine
    from imagine_async.inputs import ImageInput
    from imagine_async.results import Image
    from imagine_async.timeout import Timeout

__all__ = ["EditingCalls"]


class EditingCalls:
    """The calls of v2 that change pictures."""

    _client: PerProcess[AsyncImagine]

    def remove_background(
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
        return run(
            lambda: self._client.get().remove_background(
                image,
                extra=extra,
                headers=headers,
                timeout=timeout,
                priority=priority,
                tag=tag,
                resend_unknown=resend_unknown,
            )
        )

    def upscale(
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
        return run(
            lambda: self._client.get().upscale(
                image,
                extra=extra,
                headers=headers,
                timeout=timeout,
                priority=priority,
                tag=tag,
                resend_unknown=resend_unknown,
            )
        )

    def generative_fill(
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
        return run(
            lambda: self._client.get().generative_fill(
                image,
                mask,
                prompt,
                extra=extra,
                headers=headers,
                timeout=timeout,
                priority=priority,
                tag=tag,
                resend_unknown=resend_unknown,
            )
        )

    def ai_resize(
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
        return run(
            lambda: self._client.get().ai_resize(
                image,
                prompt=prompt,
                mask=mask,
                extra=extra,
                headers=headers,
                timeout=timeout,
                priority=priority,
                tag=tag,
                resend_unknown=resend_unknown,
            )
        )

    def retouch(
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
        return run(
            lambda: self._client.get().retouch(
                image,
                mask,
                extra=extra,
                headers=headers,
                timeout=timeout,
                priority=priority,
                tag=tag,
                resend_unknown=resend_unknown,
            )
        )
