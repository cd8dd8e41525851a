"""Cutting a subject out: a colour model of the border, grown inwards, refined to a soft alpha."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from imagine_async.sandbox.engines.arrays import (
    FloatArray,
    blur_plane,
    from_image,
    luminance,
    resize_plane,
    smoothstep,
    to_image,
)
from imagine_async.sandbox.engines.editing.inpaint import fill_from_surroundings
from imagine_async.sandbox.engines.editing.regions import label_regions, reached_from_border

_WORKING_SIDE = 384
"""Longer side of the copy on which background and subject are told apart."""

_CLUSTERS = 5

_BORDER_POWERS = ((0, 0), (1, 0), (0, 1), (1, 1), (0, 2))
"""Powers across and down of the surface through the border's colours."""

_INNER_POWERS = tuple((across, down) for across in range(5) for down in range(5 - across))
"""Those of the surface through all of the background, which may be brightest in the middle."""

_ROUNDS_INWARDS = 5

_WINDOW_LIKENESS = 0.6
"""Share of the threshold below which an enclosed region counts as background seen through the subject."""

_WINDOW_SHARE = 0.0015
"""Share of the picture that such a region covers at least."""

_LEAST_WEIGHT = 0.3
"""Weight of a part, relative to the weightiest, below which it is dropped."""

_LEAST_SHARE = 0.004
"""Share of the picture below which, or above whose complement, a cut-out counts as failed."""


def has_transparency(image: Image.Image) -> bool:
    """Return whether any pixel of an image is less than opaque."""
    if image.mode not in ("RGBA", "LA", "PA") and "transparency" not in image.info:
        return False
    lowest, _ = image.convert("RGBA").getchannel("A").getextrema()
    return float(np.asarray(lowest)) < 255


def remove_background(image: Image.Image) -> Image.Image:
    """Return an image with its background made transparent; see :meth:`Engine.remove_background`."""
    if has_transparency(image):
        return image.convert("RGBA")
    picture = from_image(image)
    alpha = subject_alpha(picture)
    cut_out = to_image(_decontaminated(picture, alpha))
    cut_out.putalpha(to_image(alpha))
    return cut_out


def subject_alpha(picture: FloatArray) -> FloatArray:
    """Return the opacity of a picture's subject, a (height, width) plane in 0..1."""
    height, width, _ = picture.shape
    distance = _followed_inwards(picture, _distance_from_background(picture))
    small = _reduced(distance)
    coarse = _clean(_subject_mask(small))
    if not _LEAST_SHARE < float(coarse.mean()) < 1 - _LEAST_SHARE:
        return _central_alpha(width, height)
    region = resize_plane(coarse, (width, height), Image.Resampling.BILINEAR)
    return _refined(distance, region, _threshold(small))


def _reduced(plane: FloatArray) -> FloatArray:
    height, width = plane.shape
    scale = min(1.0, _WORKING_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return resize_plane(plane, size, Image.Resampling.BOX)


def _opponent(picture: FloatArray) -> FloatArray:
    """Return lightness and two opponent channels, scaled so that distances look about even, as in Lab."""
    light = luminance(picture)
    red_green = (picture[..., 0] - picture[..., 1]) * 1.1
    yellow_blue = (0.5 * (picture[..., 0] + picture[..., 1]) - picture[..., 2]) * 0.75
    return np.stack([light, red_green, yellow_blue], axis=-1)


def _distance_from_background(picture: FloatArray) -> FloatArray:
    """Return each pixel's colour distance to the nearest border colour expected at its place."""
    colours = _opponent(picture)
    smooth = colours - _border_trend(colours)
    centres = _cluster(_border(smooth), _CLUSTERS)
    plain = _nearest(smooth, centres)
    raw = _nearest(colours, _cluster(_border(colours), _CLUSTERS))
    return np.minimum(plain, raw)


def _followed_inwards(picture: FloatArray, distance: FloatArray) -> FloatArray:
    """Return the distance with the background's light followed inwards: a glow behind the subject belongs to it."""
    small = nearer = _reduced(distance)
    height, width = small.shape
    threshold = _threshold(small)
    colours = np.stack([_reduced(plane) for plane in np.moveaxis(_opponent(picture), -1, 0)], axis=-1)
    terms = _surface_terms(height, width, _INNER_POWERS)
    trend = colours
    for _ in range(_ROUNDS_INWARDS):
        background = reached_from_border(nearer < threshold)
        if background.mean() < _LEAST_SHARE:
            return distance
        trend = _fitted(terms, terms[background], colours[background])
        nearer = np.minimum(small, _length(colours - trend))
    size = distance.shape[::-1]
    planes = [resize_plane(plane, size, Image.Resampling.BILINEAR) for plane in np.moveaxis(trend, -1, 0)]
    return np.minimum(distance, _length(_opponent(picture) - np.stack(planes, axis=-1)))


def _length(vectors: FloatArray) -> FloatArray:
    result: FloatArray = np.sqrt((vectors**2).sum(axis=-1))
    return result


def _fitted(terms: FloatArray, known: FloatArray, colours: FloatArray) -> FloatArray:
    """Return the surface whose terms fit colours best where those are known."""
    weights, *_ = np.linalg.lstsq(known.astype(np.float64), colours.astype(np.float64), rcond=None)
    surface: FloatArray = terms @ weights.astype(np.float32)
    return surface


def _border(array: FloatArray) -> FloatArray:
    depth = max(1, round(0.02 * min(array.shape[:2])))
    edges = [array[:depth], array[-depth:], array[:, :depth].swapaxes(0, 1), array[:, -depth:].swapaxes(0, 1)]
    samples = np.concatenate([edge.reshape(-1, array.shape[2]) for edge in edges])
    return samples[:: max(1, len(samples) // 4000)]


def _border_trend(array: FloatArray) -> FloatArray:
    """Return the smooth gradient through the border colours: a quadratic surface fitted to them."""
    height, width, _ = array.shape
    terms = _surface_terms(height, width, _BORDER_POWERS)
    trend = _fitted(terms, _border(terms), _border(array))
    result: FloatArray = trend - trend.mean(axis=(0, 1))
    return result


def _surface_terms(height: int, width: int, powers: Sequence[tuple[int, int]]) -> FloatArray:
    """Return planes with powers of the place across and down, each from -1 to 1."""
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return np.stack([across**horizontal * down**vertical for horizontal, vertical in powers], axis=-1)


def _cluster(samples: FloatArray, count: int) -> FloatArray:
    """Return the k-means centres of samples (n, 3), started from even ranks of lightness."""
    order = np.argsort(samples[:, 0], kind="stable")
    centres = samples[order[np.linspace(0, len(order) - 1, count).astype(int)]]
    for _ in range(6):
        nearest = ((samples[:, None] - centres[None]) ** 2).sum(axis=-1).argmin(axis=1)
        centres = np.stack(
            [
                samples[nearest == index].mean(axis=0) if (nearest == index).any() else centres[index]
                for index in range(count)
            ]
        )
    result: FloatArray = centres
    return result


def _nearest(colours: FloatArray, centres: FloatArray) -> FloatArray:
    distances = [((colours - centre) ** 2).sum(axis=-1) for centre in centres]
    result: FloatArray = np.sqrt(np.minimum.reduce(distances))
    return result


def _threshold(distance: FloatArray) -> float:
    """Return Otsu's threshold, kept well above the border's own spread."""
    spread = float(np.percentile(_border(distance[..., None]), 90))
    counts, edges = np.histogram(distance, bins=64)
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    mass = np.cumsum(counts * middles)
    above = np.maximum(below[-1] - below, 1)
    gap = mass / np.maximum(below, 1) - (mass[-1] - mass) / above
    best = float(middles[int(np.argmax(below * above * gap**2))])
    return float(np.clip(best * 0.6, max(1.6 * spread, 0.035), 0.3))


def _subject_mask(distance: FloatArray) -> FloatArray:
    """Return 1 where the background, grown from the border through similar pixels, does not reach."""
    threshold = _threshold(distance)
    background = reached_from_border(distance < threshold) | _windows(distance < threshold * _WINDOW_LIKENESS)
    return 1 - background.astype(np.float32)


def _windows(similar: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the large regions very like the background: what shows through a handle, say."""
    labels = label_regions(similar)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    large: npt.NDArray[np.bool_] = sizes >= _WINDOW_SHARE * similar.size
    return large[labels]


def _clean(mask: FloatArray) -> FloatArray:
    """Drop specks and close pinholes, then keep the parts that weigh much beside the weightiest.

    A part weighs more the nearer it is to the middle, where a picture's subject is.
    """
    labels = label_regions(np.asarray(to_image(mask).filter(ImageFilter.MedianFilter(5))) > 127)
    weights = np.bincount(labels.ravel(), central_weight(*labels.shape).ravel())
    weights[0] = 0
    keep = weights >= max(4.0, _LEAST_WEIGHT * float(weights.max()))
    return keep[labels].astype(np.float32)


def central_weight(height: int, width: int) -> FloatArray:
    """Return a plane that is 1 in the middle and falls towards the edges: how likely a subject is there."""
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    centrality: FloatArray = np.exp(-2.5 * (across**2 + down**2))
    return centrality


def _refined(distance: FloatArray, region: FloatArray, threshold: float) -> FloatArray:
    """Sharpen the coarse region's rim with the full-size colour distance."""
    blur = max(1.0, 0.006 * max(region.shape))
    spread = blur_plane(region, blur)
    inside = smoothstep(0.72, 0.95, spread)
    near = smoothstep(0.06, 0.3, spread)
    by_colour = smoothstep(threshold * 0.55, threshold * 1.35, distance)
    return np.clip(np.maximum(inside, by_colour * near), 0, 1)


def _central_alpha(width: int, height: int) -> FloatArray:
    """Return a soft ellipse: what stands out is nothing or everything, so keep the middle."""
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return 1 - smoothstep(0.78, 0.9, np.hypot(across, down))


def _decontaminated(picture: FloatArray, alpha: FloatArray) -> FloatArray:
    """Replace the colour of half-covered pixels by that of the subject beside them."""
    solid = (alpha > 0.97).astype(np.float32)
    filled = fill_from_surroundings(picture, solid)
    return np.where((alpha > 0.001)[..., None], filled, picture)
