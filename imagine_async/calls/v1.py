"""The calls of v1, the first generation of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from imagine_async.catalog import V1Style, dialect_named
from imagine_async.inputs import ImageInput
from imagine_async.requests import built_off_the_loop
from imagine_async.requests_v1 import V1Generations, V1Guided, V1Inpaint, V1Remix, V1Upscale, V1Variations
from imagine_async.results import Image
from imagine_async.timeout import Timeout

if TYPE_CHECKING:
    from imagine_async.client import AsyncImagine

__all__ = ["AsyncV1"]


class AsyncV1:
    """The calls of v1, the first generation of the API, which takes `style_id`; get it as `client.v1`.

    Calls share the client's connections, rate limit, budget and options. What is `None` is not sent, and the server's
    own default applies. The client's `v1_dialect` decides how the key travels, and which few fields go out unasked.

    Args:
        client: The client that sends.
    """

    def __init__(self, client: AsyncImagine) -> None:
        self._client = client
        self._dialect = dialect_named(client._v1_dialect)

    async def generations(
        self,
        prompt: str,
        *,
        style_id: int | None = V1Style.IMAGINE_V1,
        aspect_ratio: str | None = None,
        negative_prompt: str | None = None,
        cfg: float | None = None,
        seed: int | None = None,
        steps: int | None = None,
        high_res_results: bool = False,
        extra: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        priority: int | None = None,
        tag: str | None = None,
        resend_unknown: bool | None = None,
    ) -> Image:
        """Make a picture from a prompt, with v1.

        Args:
            prompt: What to show.
            style_id: A `V1Style`, or any other style's number.
            aspect_ratio: A `V1AspectRatio`, or any other ratio as `width:height`, to which the live service was seen
                to answer 500; `None`: 1:1.
            negative_prompt: What not to show.
            cfg: How closely to follow the prompt, from 3 to 15; `None`: 7.5.
            seed: Any whole number; `None`: the SDK chooses one and reports it.
            steps: From 30 to 50.
            high_res_results: Whether to make a picture of higher resolution.
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
            image = await client.v1.generations("a lighthouse at dusk", style_id=V1Style.IMAGINE_V5, cfg=9)
        """
        request = V1Generations(
            prompt=prompt,
            style_id=style_id,
            aspect_ratio=aspect_ratio,
            negative_prompt=negative_prompt,
            cfg=cfg,
            seed=seed,
            steps=steps,
            high_res_results=high_res_results,
            dialect=self._dialect,
            extra=extra,
        )
        return await self._client.send(
            request,
            headers=headers,
            timeout=timeout,
            priority=priority,
            tag=tag,
            resend_unknown=resend_unknown,
        )

    async def variations(
        self,
        image: ImageInput,
        prompt: str,
        *,
        style_id: int | None = V1Style.IMAGINE_V1,
        aspect_ratio: str | None = None,
        negative_prompt: str | None = None,
        cfg: float | None = None,
        seed: int | None = None,
        steps: int | None = None,
        strength: float | None = None,
        extra: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        priority: int | None = None,
        tag: str | None = None,
        resend_unknown: bool | None = None,
    ) -> Image:
        """Make another picture in the likeness of one, with v1.

        The vendor's page and its clients do not agree on `strength`: a number from 0 to 1 there, a whole number here.
        The page is followed. One of the clients said that this call was not supported at the time.

        Args:
            image: A path, bytes, a file, a URL, a PIL image or any other form of `ImageInput`.
            prompt: What to show.
            style_id: A `V1Style`, or any other style's number.
            aspect_ratio: A `V1AspectRatio`, or any other ratio as `width:height`; `None` leaves it to the API.
            negative_prompt: What not to show.
            cfg: How closely to follow the prompt, from 3 to 15; `None`: 7.5.
            seed: Any whole number; `None`: the SDK chooses one and reports it.
            steps: At least 1; no range is documented.
            strength: From 0 to 1; `None`: 0.85.
            extra: Further form fields by name.
            headers: Further HTTP headers for this call.
            timeout: Seconds for this call, or a `Timeout`; `None` takes the client's.
            priority: Calls of a higher one pass the rate limit first, 0 is usual; `None` takes the client's.
            tag: What the call is booked under; `None` takes the client's.
            resend_unknown: Whether to send again what may have been charged; `None` leaves it to the client's policy.

        Returns:
            The picture.

        Raises:
            InvalidRequestError: A field was refused, or the image is no picture; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        request = await built_off_the_loop(
            lambda: V1Variations(
                image=image,
                prompt=prompt,
                style_id=style_id,
                aspect_ratio=aspect_ratio,
                negative_prompt=negative_prompt,
                cfg=cfg,
                seed=seed,
                steps=steps,
                strength=strength,
                dialect=self._dialect,
                extra=extra,
            )
        )
        return await self._client.send(
            request,
            headers=headers,
            timeout=timeout,
            priority=priority,
            tag=tag,
            resend_unknown=resend_unknown,
        )

    async def remix(
        self,
        image: ImageInput,
        prompt: str,
        *,
        style_id: int | None = V1Style.REMIX_IMAGINE_V1,
        control: str | None = None,
        aspect_ratio: str | None = None,
        negative_prompt: str | None = None,
        cfg: float | None = None,
        seed: int | None = None,
        steps: int | None = None,
        strength: int | None = None,
        extra: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        priority: int | None = None,
        tag: str | None = None,
        resend_unknown: bool | None = None,
    ) -> Image:
        """Make a picture that keeps the pose, edges or depth of one, with v1.

        Args:
            image: A path, bytes, a file, a URL, a PIL image or any other form of `ImageInput`.
            prompt: What to show.
            style_id: `V1Style.ANIME`, `REMIX_IMAGINE_V1` or `REALISTIC`, or their numbers 21, 22 and 29.
            control: What to keep, a `V1Control`; `None`: openpose.
            aspect_ratio: 1:1, 9:16, 16:9, 4:3 or 3:2 by the page, or any other ratio as `width:height`; `None`: 1:1.
            negative_prompt: What not to show.
            cfg: How closely to follow the prompt, from 3 to 15; `None`: 7.5.
            seed: Any whole number; `None`: the SDK chooses one and reports it.
            steps: From 30 to 50.
            strength: A whole number from 0 to 100; `None`: 0.
            extra: Further form fields by name.
            headers: Further HTTP headers for this call.
            timeout: Seconds for this call, or a `Timeout`; `None` takes the client's.
            priority: Calls of a higher one pass the rate limit first, 0 is usual; `None` takes the client's.
            tag: What the call is booked under; `None` takes the client's.
            resend_unknown: Whether to send again what may have been charged; `None` leaves it to the client's policy.

        Returns:
            The picture.

        Raises:
            InvalidRequestError: A field was refused, or the image is no picture; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        request = await built_off_the_loop(
            lambda: V1Remix(
                image=image,
                prompt=prompt,
                style_id=style_id,
                control=control,
                aspect_ratio=aspect_ratio,
                negative_prompt=negative_prompt,
                cfg=cfg,
                seed=seed,
                steps=steps,
                strength=strength,
                dialect=self._dialect,
                extra=extra,
            )
        )
        return await self._client.send(
            request,
            headers=headers,
            timeout=timeout,
            priority=priority,
            tag=tag,
            resend_unknown=resend_unknown,
        )

    async def inpaint(
        self,
        image: ImageInput,
        mask: ImageInput,
        prompt: str,
        *,
        style_id: int | None = None,
        model_version: int | None = None,
        negative_prompt: str | None = None,
        cfg: float | None = None,
        inpaint_strength: float | None = None,
        extra: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        priority: int | None = None,
        tag: str | None = None,
        resend_unknown: bool | None = None,
    ) -> Image:
        """Paint what the prompt says where the mask is white, with v1.

        That white means "change" is the custom of callers. Beside prompt and pictures the page has `model_version`
        alone; the other fields are those of the vendor's JavaScript client.

        Args:
            image: A path, bytes, a file, a URL, a PIL image or any other form of `ImageInput`.
            mask: The same forms; of the image's width and height, white where the picture may change.
            prompt: What to paint.
            style_id: The JavaScript client knows only `V1Style.BASIC`, 1, and so its dialect sends it unasked.
            model_version: The page lists only 1; the dialect of the Python client sends it unasked.
            negative_prompt: What not to paint; it travels in a part named `neg_prompt`.
            cfg: How closely to follow the prompt, from 3 to 15.
            inpaint_strength: Any number; no page describes it.
            extra: Further form fields by name.
            headers: Further HTTP headers for this call.
            timeout: Seconds for this call, or a `Timeout`; `None` takes the client's.
            priority: Calls of a higher one pass the rate limit first, 0 is usual; `None` takes the client's.
            tag: What the call is booked under; `None` takes the client's.
            resend_unknown: Whether to send again what may have been charged; `None` leaves it to the client's policy.

        Returns:
            The changed picture.

        Raises:
            InvalidRequestError: A field was refused, a file is no picture, or the sizes differ; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        request = await built_off_the_loop(
            lambda: V1Inpaint(
                image=image,
                mask=mask,
                prompt=prompt,
                style_id=style_id,
                model_version=model_version,
                negative_prompt=negative_prompt,
                cfg=cfg,
                inpaint_strength=inpaint_strength,
                dialect=self._dialect,
                extra=extra,
            )
        )
        return await self._client.send(
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
        model_version: int | None = None,
        extra: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        priority: int | None = None,
        tag: str | None = None,
        resend_unknown: bool | None = None,
    ) -> Image:
        """Make a picture larger and sharper, with v1; the factor is the API's choice.

        Args:
            image: A path, bytes, a file, a URL, a PIL image or any other form of `ImageInput`.
            model_version: The vendor's clients know only 1, and both dialects send it unasked.
            extra: Further form fields by name.
            headers: Further HTTP headers for this call.
            timeout: Seconds for this call, or a `Timeout`; `None` takes the client's.
            priority: Calls of a higher one pass the rate limit first, 0 is usual; `None` takes the client's.
            tag: What the call is booked under; `None` takes the client's.
            resend_unknown: Whether to send again what may have been charged; `None` leaves it to the client's policy.

        Returns:
            The larger picture.

        Raises:
            InvalidRequestError: A field was refused, or the image is no picture; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        request = await built_off_the_loop(
            lambda: V1Upscale(image=image, model_version=model_version, dialect=self._dialect, extra=extra)
        )
        return await self._client.send(
            request,
            headers=headers,
            timeout=timeout,
            priority=priority,
            tag=tag,
            resend_unknown=resend_unknown,
        )

    async def guided(
        self,
        image: ImageInput,
        prompt: str,
        *,
        style_id: int | None = V1Style.BASIC,
        aspect_ratio: str | None = None,
        negative_prompt: str | None = None,
        seed: int | None = None,
        steps: int | None = None,
        generation_bias: float | None = None,
        artistic_noise: float | None = None,
        aesthetics_weight: float | None = None,
        extra: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        priority: int | None = None,
        tag: str | None = None,
        resend_unknown: bool | None = None,
    ) -> Image:
        """Alter a picture by a prompt, with v1.

        Neither of the vendor's clients has this call; its fields are those of the page.

        Args:
            image: A path, bytes, a file, a URL, a PIL image or any other form of `ImageInput`.
            prompt: What to show.
            style_id: A `V1Style`, or any other style's number.
            aspect_ratio: A `V1AspectRatio`, or any other ratio as `width:height`; `None`: 1:1.
            negative_prompt: What not to show; it travels in a part named `neg_prompt`, as on the page.
            seed: Any whole number; `None`: the SDK chooses one and reports it.
            steps: At least 1; no range is documented. `None`: 20.
            generation_bias: From 0.2 to 1.2; `None`: 1.2.
            artistic_noise: From 0.1 to 0.2; `None`: 0.2.
            aesthetics_weight: From 0.4 to 1; `None`: 0.6.
            extra: Further form fields by name.
            headers: Further HTTP headers for this call.
            timeout: Seconds for this call, or a `Timeout`; `None` takes the client's.
            priority: Calls of a higher one pass the rate limit first, 0 is usual; `None` takes the client's.
            tag: What the call is booked under; `None` takes the client's.
            resend_unknown: Whether to send again what may have been charged; `None` leaves it to the client's policy.

        Returns:
            The altered picture.

        Raises:
            InvalidRequestError: A field was refused, or the image is no picture; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        request = await built_off_the_loop(
            lambda: V1Guided(
                image=image,
                prompt=prompt,
                style_id=style_id,
                aspect_ratio=aspect_ratio,
                negative_prompt=negative_prompt,
                seed=seed,
                steps=steps,
                generation_bias=generation_bias,
                artistic_noise=artistic_noise,
                aesthetics_weight=aesthetics_weight,
                dialect=self._dialect,
                extra=extra,
            )
        )
        return await self._client.send(
            request,
            headers=headers,
            timeout=timeout,
            priority=priority,
            tag=tag,
            resend_unknown=resend_unknown,
        )
