"""A waterfall: streaked white water down the highest face near the middle, with spray at its foot."""

from __future__ import annotations

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray, coloured, mix, smoothstep
from imagine_async.sandbox.engines.painting.ground import Ground
from imagine_async.sandbox.engines.painting.noise import texture

_FOOT_DEPTH = 6.6
"""Depth of the pool's far shore, where the water lands."""


def paint_waterfall(picture: FloatArray, ground: Ground) -> None:
    """Paint the fall and its spray over the ground, in place."""
    width, height = ground.scene.size
    column = _highest_column(ground)
    foot = ground.camera.row_of(_FOOT_DEPTH)
    lip = ground.crest(column) + 0.16 * (foot - ground.crest(column))
    rows = np.arange(height, dtype=np.float32)[:, None]
    drop = np.clip((rows - lip) / max(foot - lip, 1), 0, 1)
    reach = 0.3 * ground.scene.unit
    left, right = max(0, int(column * width - reach)), min(width, int(column * width + reach) + 1)
    columns = np.arange(left, right, dtype=np.float32)[None, :]
    region = picture[:, left:right]
    middle = column * width + 0.012 * ground.scene.unit * np.sin(drop * 5)
    half = ground.scene.unit * (0.022 + 0.030 * drop**1.5)
    across = (columns - middle) / half
    streaks = texture(ground.scene.generator("streaks"), (right - left, height), (5.0, 60.0))
    ragged = np.abs(across) + (streaks - 0.5) * 0.7
    falling = (1 - smoothstep(0.6, 1.0, ragged)) * (rows >= lip) * (rows <= foot)
    air = ground.scene.atmosphere
    light = air.ambient.array * 0.75 + air.key.array * 0.5
    water = coloured(0.72 + 0.45 * streaks, light)
    region[:] = mix(region, water, (falling * 0.95)[..., None])
    spray = np.exp(-(((columns - column * width) / (0.10 * ground.scene.unit)) ** 2))
    spray = spray * np.exp(-(((rows - foot) / (0.035 * ground.scene.unit)) ** 2)) * 0.85
    region[:] = mix(region, light, spray[..., None].astype(np.float32))


def _highest_column(ground: Ground) -> float:
    """Return the column, as a share of the width, whose ground rises highest in the middle third."""
    shares = np.linspace(0.34, 0.66, 33)
    return float(min(shares.tolist(), key=ground.crest))
