"""A city at the water: towers in ranks that fade with distance, lit windows, their reflection."""

from __future__ import annotations

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray, add_light, blank, coloured, mix, smoothstep
from imagine_async.sandbox.engines.painting.brush import circle, lay, stamp
from imagine_async.sandbox.engines.painting.colour import Colour, hexadecimal
from imagine_async.sandbox.engines.painting.scene import Scene
from imagine_async.sandbox.engines.painting.sky import paint_sky
from imagine_async.sandbox.engines.painting.water import flood

_RANKS = 4
_FACADES = ("5d6b80", "7a6f74", "87796b", "4d5a6c", "6f7f8e", "8d6f63")
_PANES = ("ffd58a", "ffe9b8", "ffbf6b", "bfe4ff")


def paint_city(scene: Scene) -> FloatArray:
    """Return a skyline over water, with a promenade at the bottom when subjects stand before it."""
    picture = paint_sky(scene)
    horizon = scene.horizon * scene.size[1]
    for rank in range(_RANKS):
        _paint_rank(scene, picture, rank, horizon)
    _paint_embankment(scene, picture, horizon)
    _glow_over_streets(scene, picture, horizon)
    water = np.zeros(picture.shape[:2], dtype=np.float32)
    water[int(horizon) + 1 :] = 1
    flood(scene, picture, water, horizon)
    if any(mention.subject not in ("boat", "ship", "moon", "bird", "balloon") for mention in scene.mentions):
        _paint_promenade(scene, picture)
    return picture


def _paint_rank(scene: Scene, picture: FloatArray, rank: int, horizon: float) -> None:
    generator = scene.generator(f"rank {rank}")
    width = scene.size[0]
    nearness = rank / (_RANKS - 1)
    left = -0.03 * scene.unit
    while left < width:
        across = scene.unit * float(generator.uniform(0.035, 0.085)) * (0.75 + 0.5 * nearness)
        crown = 0.5 + 0.5 * float(np.cos((left / width - 0.5) * 3.4))
        tall = (
            horizon
            * (0.16 + 0.5 * crown * float(generator.random()) ** 1.6 + 0.1 * (1 - nearness))
            * (1 - 0.3 * nearness)
        )
        _paint_tower(scene, picture, (left, across, tall), nearness, horizon, generator)
        left += across * float(generator.uniform(0.75, 1.3))


def _paint_tower(
    scene: Scene,
    picture: FloatArray,
    box: tuple[float, float, float],
    nearness: float,
    horizon: float,
    generator: np.random.Generator,
) -> None:
    left, across, tall = box
    air = scene.atmosphere
    columns = slice(max(0, round(left)), min(scene.size[0], round(left + across)))
    rows = slice(max(0, round(horizon - tall)), round(horizon) + 1)
    facade = hexadecimal(str(generator.choice(_FACADES)))
    if scene.accent:
        facade = facade.mixed(scene.accent, 0.35)
    if columns.stop - columns.start < 1 or rows.stop <= rows.start:
        return
    light = air.ambient.array * 0.7 + air.key.array * 0.5
    haze = float(np.clip((1 - nearness) * 0.62 * air.haze_density**0.5 * scene.style.haze**0.3 + 0.08, 0, 0.9))
    wall = blank(rows.stop - rows.start, columns.stop - columns.start)
    wall += facade.array * light
    wall *= _side_shade(scene, wall.shape[1])[None, :, None]
    _light_windows(scene, wall, generator)
    rise = smoothstep(0.2, 1.0, np.linspace(0, 1, wall.shape[0], dtype=np.float32))[:, None, None]
    hazed = mix(wall, air.haze.mixed(air.horizon, 0.4).array, haze * (0.7 + 0.3 * rise))
    picture[rows, columns] = hazed
    _paint_spire(scene, picture, (columns, rows), hazed[0, 0], generator)


def _side_shade(scene: Scene, width: int) -> FloatArray:
    """Light the third of the front that faces the sun."""
    columns = (np.arange(width, dtype=np.float32) + 0.5) / width
    lit = columns > 0.62 if scene.sun_x > 0.5 else columns < 0.38
    return np.where(lit, np.float32(1.28), np.float32(0.78))


def _light_windows(scene: Scene, wall: FloatArray, generator: np.random.Generator) -> None:
    pitch = max(4, round(float(generator.uniform(0.011, 0.019)) * scene.unit))
    rows, columns = wall.shape[0] // pitch, wall.shape[1] // pitch
    if not rows or not columns or scene.unit < 90:
        return
    low = scene.atmosphere.night or scene.atmosphere.sun_height < 0.2
    lit = generator.random((rows, columns)) < (0.3 if low else 0.06)
    strength = generator.uniform(0.45, 1.1, (rows, columns)) * (1.0 if low else 0.7)
    pane = hexadecimal(str(generator.choice(_PANES))).array
    light = np.where(lit, strength, 0).astype(np.float32)
    spread = np.repeat(np.repeat(light, pitch, axis=0), pitch, axis=1)
    glazed = wall[: rows * pitch, : columns * pitch]
    inside = _pane_grid(spread.shape, pitch)
    glazed *= np.where(inside, np.float32(0.72), np.float32(1))[..., None]
    shining = inside & (spread > 0)
    for index in range(3):
        np.copyto(glazed[..., index], spread * pane[index], where=shining)


def _pane_grid(shape: tuple[int, ...], pitch: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    rows, columns = np.arange(shape[0]) % pitch, np.arange(shape[1]) % pitch
    return ((rows >= pitch * 0.3) & (rows < pitch * 0.85))[:, None] & ((columns >= 1) & (columns < pitch * 0.75))[
        None, :
    ]


def _paint_spire(
    scene: Scene, picture: FloatArray, box: tuple[slice, slice], colour: FloatArray, generator: np.random.Generator
) -> None:
    columns, rows = box
    if generator.random() < 0.6 or rows.start < 8:
        return
    middle = (columns.start + columns.stop) // 2
    thick = max(1, round(0.0025 * scene.unit))
    top = max(0, rows.start - round(0.06 * scene.unit * float(generator.random())))
    picture[top : rows.start, middle : middle + thick] = colour


def _paint_embankment(scene: Scene, picture: FloatArray, horizon: float) -> None:
    """Paint the quay that the towers stand on, with lamps along it when the light is low."""
    air = scene.atmosphere
    wall = mix(air.ambient.array * np.float32(0.3), air.haze.array, 0.2)
    picture[max(0, round(horizon - 0.011 * scene.unit)) : round(horizon) + 1] = wall
    if not (air.night or air.sun_height < 0.2):
        return
    spacing, row = 0.034 * scene.unit, horizon - 0.014 * scene.unit
    lamps = [circle(x, row, max(0.7, 0.0028 * scene.unit), 8) for x in np.arange(spacing / 2, scene.size[0], spacing)]
    lay(picture, stamp(lamps, scene.size), hexadecimal("ffdc9a").array * np.float32(1.3))


def _glow_over_streets(scene: Scene, picture: FloatArray, horizon: float) -> None:
    if not scene.atmosphere.night:
        return
    rows = np.arange(picture.shape[0], dtype=np.float32)
    glow = np.exp(-np.abs(rows - horizon) / (0.06 * picture.shape[0])) * 0.16
    add_light(picture, glow[:, None], Colour(1.0, 0.65, 0.35).array)


def _paint_promenade(scene: Scene, picture: FloatArray) -> None:
    height = scene.size[1]
    top = round(0.8 * height)
    air = scene.atmosphere
    light = air.ambient.array * 0.8 + air.key.array * 0.55
    rows = np.linspace(0, 1, height - top, dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, scene.size[0], dtype=np.float32)[None, :]
    depth = 1 / (0.22 + rows)
    joints = (np.abs((depth * 2.4) % 1 - 0.5) > 0.47) | (np.abs((columns * depth * 2.2) % 1 - 0.5) > 0.485)
    grain = scene.generator("paving").random((height - top, scene.size[0]), dtype=np.float32)
    tone = np.where(joints, 0.72, 0.96) + (grain - 0.5) * 0.06 + rows * 0.08
    paving = coloured(tone, Colour(0.60, 0.58, 0.57).array * light)
    reflected = picture[2 * top - height : top][::-1][: height - top]
    picture[top:] = mix(paving, reflected, 0.22 if scene.weather != "rain" else 0.5)
    picture[top : top + max(1, height // 160)] *= 0.55
