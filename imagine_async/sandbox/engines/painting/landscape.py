"""Painting of open landscapes: sky, ground, water and what grows."""

from __future__ import annotations

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray, mix, smoothstep
from imagine_async.sandbox.engines.painting.ground import Ground
from imagine_async.sandbox.engines.painting.landforms import landform_for
from imagine_async.sandbox.engines.painting.noise import texture
from imagine_async.sandbox.engines.painting.relief import Camera, project
from imagine_async.sandbox.engines.painting.scene import Scene
from imagine_async.sandbox.engines.painting.sky import paint_sky
from imagine_async.sandbox.engines.painting.vegetation import scatter_blossoms, scatter_conifers
from imagine_async.sandbox.engines.painting.water import flood
from imagine_async.sandbox.engines.painting.waterfall import paint_waterfall


def paint_landscape(scene: Scene) -> FloatArray:
    """Return an open landscape without its subjects."""
    picture = paint_sky(scene)
    form = landform_for(scene.place, scene.season, snowy=scene.snowy)
    ground = Ground(scene, form, Camera.for_picture(scene.size, scene.horizon))
    water = _paint_ground(picture, ground)
    scatter_conifers(picture, ground)
    if scene.place == "waterfall":
        paint_waterfall(picture, ground)
    flood(scene, picture, water, ground.camera.horizon)
    scatter_blossoms(picture, ground)
    return picture


def _paint_ground(picture: FloatArray, ground: Ground) -> FloatArray:
    """Paint the ground in place and return the share of water in each pixel."""
    seen = project(ground.camera, *ground.full_width())
    coverage = seen.coverage[..., None]
    land = seen.attributes[..., :3]
    land *= _turf(ground, seen.top)[..., None]
    below = picture[seen.top :]
    land -= below
    land *= coverage
    below += land
    water = np.zeros(picture.shape[:2], dtype=np.float32)
    water[seen.top :] = seen.attributes[..., 3] * seen.coverage
    return water


def _turf(ground: Ground, top: int) -> FloatArray:
    """Return the texture of near ground, about 1: blades of grass, or grains of sand and snow, fading with depth."""
    scene = ground.scene
    width, height = scene.size
    grassy = not scene.snowy and scene.place not in ("desert", "beach")
    rows = np.arange(top, height, dtype=np.float32)
    nearness = smoothstep(0.0, 1.0, (rows - ground.camera.horizon) / max(height - ground.camera.horizon, 1))
    strength = (0.62 if grassy else 0.14) * nearness
    generator = scene.generator("turf")
    unit = scene.unit / 1024
    fine, coarse = (
        texture(generator, (width, height - top), (max(1.0, across * unit), max(1.0, down * unit)))
        for across, down in ((2.6, 8.0), (6.5, 17.0))
    )
    share = smoothstep(0.35, 0.9, nearness)[:, None]
    blades = mix(fine, coarse, share * np.float32(0.65))
    blades -= np.float32(0.5)
    blades *= strength[:, None]
    blades += 1
    return blades
