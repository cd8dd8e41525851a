"""A room: a wall with a window and a picture, a floor of boards, a rug, and the window's light on them."""

from __future__ import annotations

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray, add_light, blank, blur_plane, coloured, mix, smoothstep
from imagine_async.sandbox.engines.painting.brush import Point, circle, lay, polygon, stamp
from imagine_async.sandbox.engines.painting.colour import WHITE, Colour, hexadecimal
from imagine_async.sandbox.engines.painting.noise import texture
from imagine_async.sandbox.engines.painting.scene import Scene

_WALLS = ("c9a98a", "9fb0a3", "b9a3a8", "8fa3b5", "c8b58c", "a9967f")
_RUGS = ("8c3f3a", "3f5f7a", "6a7a4a", "a8743c")
_BOARDS = hexadecimal("8a5f3f")
_FRAME = hexadecimal("efe6d6")
_SKIRTING = 0.66
"""Row where the wall meets the floor, as a share of the height."""


def paint_room(scene: Scene) -> FloatArray:
    """Return an empty room, lit through its window."""
    generator = scene.generator("room")
    wall = scene.accent or hexadecimal(str(generator.choice(_WALLS)))
    picture = blank(scene.size[1], scene.size[0])
    edge = round(_SKIRTING * scene.size[1])
    picture[:edge] = _wall(scene, wall, edge)
    picture[edge:] = _floor(scene, edge)
    picture[edge - max(2, scene.size[1] // 50) : edge] *= np.float32(1.25)
    _lay_rug(scene, picture, hexadecimal(str(generator.choice(_RUGS))))
    _hang_picture(scene, picture, wall)
    _set_window(scene, picture)
    _throw_light(scene, picture)
    return picture


def _lamplight(scene: Scene) -> FloatArray:
    """Return the light indoors: daylight, and at night a warm lamp's."""
    if scene.atmosphere.night:
        return np.array([0.62, 0.47, 0.34], dtype=np.float32)
    return mix(scene.atmosphere.ambient.array, WHITE.array, 0.6)


def _wall(scene: Scene, wall: Colour, edge: int) -> FloatArray:
    width, height = scene.size
    columns = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    rows = np.arange(edge, dtype=np.float32)[:, None] / height
    near_window = np.exp(-(((columns - _window_x(scene)) / 0.45) ** 2) - ((rows - 0.35) / 0.5) ** 2)
    stripes = 0.02 * np.sin(columns * (width / height) * 90)
    tone = 0.62 + 0.42 * near_window + stripes - 0.1 * rows
    return coloured(tone, wall.array * _lamplight(scene))


def _floor(scene: Scene, edge: int) -> FloatArray:
    """Return boards that run towards the viewer, each in a tone of its own."""
    width, height = scene.size
    rows = np.arange(height - edge, dtype=np.float32)[:, None] / (height - edge)
    depth = 1 / (0.35 + rows)
    across = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None, :] * (width / height) * depth * 5 + 40
    boards = scene.generator("boards").uniform(0.82, 1.12, 128).astype(np.float32)
    tone = boards[across.astype(np.intp) % 128] * np.where(across % 1 < 0.035, np.float32(0.6), np.float32(1))
    grain = texture(scene.generator("grain of wood"), (width, height - edge), (4.0, 0.04 * height))
    lit = tone * (0.9 + 0.2 * grain) * (0.72 + 0.35 * rows)
    return coloured(lit, _BOARDS.array * _lamplight(scene))


def _window_x(scene: Scene) -> float:
    return 0.24 if scene.sun_x < 0.5 else 0.76


def _rectangle(scene: Scene, x: float, y: float, across: float, down: float) -> FloatArray:
    """Return a rectangle about a middle, both given as shares of the picture's size, its sides in units."""
    left, top = x * scene.size[0] - across * scene.unit / 2, y * scene.size[1] - down * scene.unit / 2
    right, bottom = left + across * scene.unit, top + down * scene.unit
    return polygon([(left, top), (right, top), (right, bottom), (left, bottom)])


def _set_window(scene: Scene, picture: FloatArray) -> None:
    x, air = _window_x(scene), scene.atmosphere
    lay(picture, stamp([_rectangle(scene, x, 0.31, 0.38, 0.44)], scene.size), _FRAME.array * _lamplight(scene) * 1.1)
    glass = _rectangle(scene, x, 0.31, 0.33, 0.39)
    (left, top), (right, bottom) = glass[0].round().astype(int), glass[2].round().astype(int)
    pane = picture[max(0, top) : bottom, max(0, left) : max(0, right)]
    rows = np.linspace(0, 1, pane.shape[0], dtype=np.float32)[:, None, None]
    pane[:] = mix(air.zenith.array, air.horizon.mixed(WHITE, 0.1).array, rows) * np.float32(1.15)
    hill = [(left, bottom), (left, bottom - 0.11 * scene.unit), (left + 0.16 * scene.unit, bottom - 0.05 * scene.unit)]
    hills: list[Point] = [*hill, (right, bottom - 0.13 * scene.unit), (right, bottom)]
    shade = mix(air.ambient.array * hexadecimal("4f6b4a").array, air.haze.array, 0.25)
    lay(picture, stamp([polygon(hills)], scene.size), shade)
    bars = [_rectangle(scene, x, 0.31, 0.014, 0.39), _rectangle(scene, x, 0.31, 0.33, 0.014)]
    sill = _rectangle(scene, x, 0.31 + 0.235 * scene.unit / scene.size[1], 0.44, 0.03)
    lay(picture, stamp([*bars, sill], scene.size), _FRAME.array * _lamplight(scene))


def _hang_picture(scene: Scene, picture: FloatArray, wall: Colour) -> None:
    x = 1 - _window_x(scene)
    light = _lamplight(scene) * np.float32(0.85)
    for across, colour in ((0.24, hexadecimal("4a3324")), (0.21, _FRAME), (0.16, wall.turned(150).scaled(0.8))):
        lay(picture, stamp([_rectangle(scene, x, 0.27, across, across * 0.8)], scene.size), colour.array * light)
    sun = circle(x * scene.size[0], 0.28 * scene.size[1], 0.03 * scene.unit)
    lay(picture, stamp([sun], scene.size), hexadecimal("f0c070").array * light)


def _lay_rug(scene: Scene, picture: FloatArray, colour: Colour) -> None:
    middle = np.array([0.5 * scene.size[0], 0.86 * scene.size[1]], dtype=np.float32)
    for share, tone in ((1.0, 0.8), (0.93, 1.15), (0.86, 0.9), (0.6, 1.1), (0.54, 0.9)):
        oval = circle(0, 0, 0.4 * scene.unit * share, 48) * np.array([1, 0.24], dtype=np.float32) + middle
        lay(picture, stamp([oval], scene.size), colour.scaled(tone).array * _lamplight(scene))


def _throw_light(scene: Scene, picture: FloatArray) -> None:
    """Add the window's light where it falls on the floor, and its glow around the window."""
    air, (width, height) = scene.atmosphere, scene.size
    x, slant = _window_x(scene), 0.3 if scene.sun_x < 0.5 else -0.3
    plane = np.zeros((height, width), dtype=np.float32)
    light = plane[..., None].repeat(3, axis=-1)
    for left, right in ((-0.15, -0.01), (0.01, 0.15)):
        top = [(x + left + slant * 0.5, 0.72), (x + right + slant * 0.5, 0.72)]
        bottom = [(x + right * 1.5 + slant, 0.92), (x + left * 1.5 + slant, 0.92)]
        patch = polygon([(across * width, down * height) for across, down in [*top, *bottom]])
        lay(light, stamp([patch], scene.size), np.ones(3, dtype=np.float32))
    plane = blur_plane(light[..., 0], 0.006 * scene.unit)
    columns = np.linspace(0, 1, width, dtype=np.float32)[None, :] - x
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None] - 0.31
    glow = np.exp(-np.hypot(columns * (width / height), rows) * 4.5) * (1 - smoothstep(0.5, 0.7, np.abs(rows)))
    strength = 0.12 if air.night else 0.4
    add_light(picture, plane * np.float32(strength) + glow * np.float32(0.55 * strength), air.sun.array)
