"""From a prompt to a finished picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray, Size, to_image
from imagine_async.sandbox.engines.painting.abstract import paint_abstract
from imagine_async.sandbox.engines.painting.city import paint_city
from imagine_async.sandbox.engines.painting.finish import finish
from imagine_async.sandbox.engines.painting.interiors import paint_studio
from imagine_async.sandbox.engines.painting.landscape import paint_landscape
from imagine_async.sandbox.engines.painting.scene import Scene, scene_for
from imagine_async.sandbox.engines.painting.space import paint_space
from imagine_async.sandbox.engines.painting.staging import stage
from imagine_async.sandbox.engines.painting.styles import style_named
from imagine_async.sandbox.engines.painting.underwater import paint_underwater
from imagine_async.sandbox.engines.painting.weather import add_distant_weather, add_near_weather

PLACE_PAINTERS: dict[str, Callable[[Scene], FloatArray]] = {
    "abstract": paint_abstract,
    "city": paint_city,
    "space": paint_space,
    "studio": paint_studio,
    "underwater": paint_underwater,
}
"""Places that are no open landscape."""


def paint_picture(prompt: str, *, style: str, size: Size, seed: int) -> Image.Image:
    """Return a prompt's picture as an RGB image; see :meth:`Engine.text_to_image`."""
    return _finished(scene_for(prompt, style=style_named(style), size=size, seed=seed))


def paint_backdrop(prompt: str, *, size: Size, seed: int) -> Image.Image:
    """Return the scene a prompt names without its near subjects, for something else to stand in."""
    scene = scene_for(prompt, style=style_named(""), size=size, seed=seed)
    return _finished(replace(scene, mentions=()) if scene.mentions else scene)


def _finished(scene: Scene) -> Image.Image:
    picture = PLACE_PAINTERS.get(scene.place, paint_landscape)(scene)
    add_distant_weather(scene, picture)
    stage(scene, picture)
    add_near_weather(scene, picture)
    return to_image(finish(scene, picture))
