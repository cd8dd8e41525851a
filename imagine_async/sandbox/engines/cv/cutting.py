"""GrabCut from two first guesses, of which the cut that separates the colours better is taken."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagine_async.sandbox.engines.arrays import FloatArray
from imagine_async.sandbox.engines.cv.opencv import cv2
from imagine_async.sandbox.engines.editing.matting import central_weight, subject_alpha

Labels = npt.NDArray[np.uint8]
"""A plane or picture of bytes."""

_COARSE_SIDE = 192
"""Longer side of the copy on which it is found out what the subject is."""

_LEAST_SIDE = 24
"""Shorter side of it, below which there are too few pixels to learn from."""

_ROUNDS = 3
_GOOD = 0.9
"""Separation from which the second guess need not be tried."""

_BINS = 12
"""Bins of each colour channel in the histograms that are compared."""

_LEAST_WEIGHT = 0.05
"""Weight of a part, relative to the weightiest, below which it is dropped."""


def best_cut(picture: Labels) -> Labels:
    """Return 1 where a picture's subject is, else 0.

    What the subject is, is found out on a small copy; along its edge it is cut anew in full.

    Args:
        picture: (height, width, 3), at least 24 pixels high and wide.
    """
    height, width, _ = picture.shape
    scale = min(1.0, max(_COARSE_SIDE / max(height, width), _LEAST_SIDE / min(height, width)))
    if scale == 1.0:
        return _best_of_two(picture)
    size = (round(width * scale), round(height * scale))
    coarse = _best_of_two(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
    return _recut(picture, cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), reach=round(2 / scale))


def _best_of_two(picture: Labels) -> Labels:
    best, best_separation = np.zeros(picture.shape[:2], np.uint8), -1.0
    for guess in (_unlike_the_border, _all_but_the_border):
        labels = np.where(guess(picture) > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
        _fix_border(labels)
        cut = _main_parts(_grab_cut(picture, labels, _ROUNDS))
        separation = _separation(picture, cut)
        if separation > best_separation:
            best, best_separation = cut, separation
        if separation > _GOOD:
            break
    return best


def _recut(picture: Labels, subject: Labels, *, reach: int) -> Labels:
    """Cut once more where the subject's edge is, within so many pixels."""
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    labels = np.where(subject > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[cv2.erode(subject, kernel) > 0] = cv2.GC_FGD
    labels[cv2.dilate(subject, kernel) == 0] = cv2.GC_BGD
    return _main_parts(_grab_cut(picture, labels, 1))


def _grab_cut(picture: Labels, labels: Labels, rounds: int) -> Labels:
    if _is_subject(labels).min() == _is_subject(labels).max():
        # It needs pixels of both kinds to learn from.
        return _is_subject(labels)
    # Its clusters begin at random.
    cv2.setRNGSeed(0)
    cv2.grabCut(picture, labels, None, np.zeros((1, 65)), np.zeros((1, 65)), rounds, cv2.GC_INIT_WITH_MASK)
    return _is_subject(labels)


def _is_subject(labels: Labels) -> Labels:
    return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)


def _unlike_the_border(picture: Labels) -> Labels:
    """Guess by the border's colours, of which gradients may be a part: a product in a studio."""
    return (subject_alpha(picture.astype(np.float32) / 255) > 0.5).astype(np.uint8)


def _all_but_the_border(picture: Labels) -> Labels:
    """Guess nothing, and leave it to GrabCut: a busy scene."""
    return np.ones(picture.shape[:2], np.uint8)


def _fix_border(labels: Labels) -> None:
    """Take the border for background, in place; only what stands on the lower edge may reach it."""
    height, width = labels.shape
    depth = max(2, round(0.02 * min(height, width)))
    for strip in (labels[:depth], labels[:, :depth], labels[:, -depth:]):
        strip[...] = cv2.GC_BGD
    lower = labels[-depth:]
    lower[lower == cv2.GC_PR_FGD] = cv2.GC_PR_BGD
    lower[:, : width // 5] = lower[:, -(width // 5) :] = cv2.GC_BGD


def _main_parts(subject: Labels) -> Labels:
    """Drop specks and close pinholes, then keep the parts that weigh much, the more the nearer to the middle."""
    count, found = cv2.connectedComponents(cv2.medianBlur(subject, 5), connectivity=4)
    labels = np.asarray(found)
    weights = np.bincount(labels.ravel(), central_weight(*labels.shape).ravel(), minlength=count)
    weights[0] = 0
    keep: npt.NDArray[np.bool_] = weights >= max(4.0, _LEAST_WEIGHT * float(weights.max()))
    return np.asarray(keep[labels], np.uint8)


def _separation(picture: Labels, cut: Labels) -> float:
    """Return how far the colours of subject and background are apart, 0 to 1; -1 where one of them is missing."""
    if cut.all() or not cut.any():
        return -1.0
    inside, outside = (_histogram(picture, mask) for mask in (cut, 1 - cut))
    return 1 - float(np.sqrt(inside * outside).sum())


def _histogram(picture: Labels, mask: Labels) -> FloatArray:
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2Lab)
    counts: FloatArray = cv2.calcHist([lab], [0, 1, 2], mask, [_BINS] * 3, [0, 256] * 3)
    return counts / np.float32(counts.sum())
