"""From a prompt to a finished picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray, Size
from imagine_async.sandbox.engines.painting.abstract import paint_abstract
from imagine_async.sandbox.engines.painting.city import paint_city
from imagine_async.sandbox.engines.painting.finish import finish
from imagine_async.sandbox.engines.painting.grain import add_grain
from imagine_async.sandbox.engines.painting.interiors import paint_studio
from imagine_async.sandbox.engines.painting.landscape import paint_landscape
from imagine_async.sandbox.engines.painting.lens import defocus
from imagine_async.sandbox.engines.painting.rooms import paint_room
from imagine_async.sandbox.engines.painting.scene import Scene, scene_for
from imagine_async.sandbox.engines.painting.space import paint_space
from imagine_async.sandbox.engines.painting.staging import stage
from imagine_async.sandbox.engines.painting.styles import style_named
from imagine_async.sandbox.engines.painting.underwater import paint_underwater
from imagine_async.sandbox.engines.painting.weather import add_distant_weather, add_near_weather

PLACE_PAINTERS: dict[str, Callable[[Scene], FloatArray]] = {
    "abstract": paint_abstract,
    "city": paint_city,
    "room": paint_room,
    "space": paint_space,
    "studio": paint_studio,
    "underwater": paint_underwater,
}
"""Places that are no open landscape."""

_CANVAS_PIXELS = 560 * 560
"""Most pixels that are painted; larger pictures are enlarged, which costs a tenth of painting them."""


def paint_picture(prompt: str, *, style: str, size: Size, seed: int) -> Image.Image:
    """Return a prompt's picture as an RGB image; see :meth:`Engine.text_to_image`."""
    return _finished(scene_for(prompt, style=style_named(style), size=size, seed=seed))


def paint_backdrop(prompt: str, *, size: Size, seed: int) -> Image.Image:
    """Return the scene a prompt names without its near subjects, for something else to stand in."""
    scene = scene_for(prompt, style=style_named(""), size=size, seed=seed)
    return _finished(replace(scene, mentions=()) if scene.mentions else scene)


def _finished(scene: Scene) -> Image.Image:
    """Paint a scene, a large one on a smaller canvas, and enlarge it before the grain is laid over it."""
    canvas = replace(scene, size=canvas_size(scene.size))
    picture = PLACE_PAINTERS.get(scene.place, paint_landscape)(canvas)
    add_distant_weather(canvas, picture)
    if scene.style.focus and scene.mentions:
        picture = defocus(canvas, picture)
    stage(canvas, picture)
    add_near_weather(canvas, picture)
    painted = finish(canvas, picture)
    return add_grain(scene, painted.resize(scene.size, Image.Resampling.BICUBIC))


def canvas_size(size: Size) -> Size:
    """Return the size that a picture is painted in: the same, or smaller where it has many pixels."""
    scale = min(1.0, (_CANVAS_PIXELS / (size[0] * size[1])) ** 0.5)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
