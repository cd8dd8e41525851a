"""The ground of a scene: its heights, its lit colours and where things can stand on it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray, mix, smoothstep, stacked, stretched
from imagine_async.sandbox.engines.painting.colour import WHITE
from imagine_async.sandbox.engines.painting.landforms import Landform
from imagine_async.sandbox.engines.painting.noise import TileableNoise
from imagine_async.sandbox.engines.painting.relief import Camera
from imagine_async.sandbox.engines.painting.scene import Scene

ISLAND_DEPTH = 6.2
"""Depth of an island's middle."""

_MOUNTAIN_PERIOD = 34.0
_HILL_PERIOD = 13.0
_DETAIL_PERIOD = 1.7
_DRY = 0.02
"""Least height of ground that holds no water."""

_SNOW_GLARE = np.array([1.28, 1.4, 1.58], dtype=np.float32)
"""What snow adds to the light on it, by throwing the sky's back and forth."""

_HAZE_DEPTH = 34.0
"""Depth over which haze takes 63 % of a surface's colour on a clear day."""


@dataclass(frozen=True)
class Ground:
    """The ground of one scene, sampled on the camera's slices.

    Attributes:
        scene: The scene.
        form: Its landform.
        camera: The camera.
    """

    scene: Scene
    form: Landform
    camera: Camera

    @cached_property
    def _sites(self) -> tuple[FloatArray, FloatArray]:
        return self.camera.ground()

    @property
    def _resolution(self) -> int:
        """Samples per period of the ground's noise: small pictures need few."""
        return 384 if self.scene.unit > 400 else 256 if self.scene.unit > 180 else 128

    @cached_property
    def _detail(self) -> FloatArray:
        x, depth = self._sites
        noise = TileableNoise(
            self.scene.generator("detail"), cells=7, octaves=4, gain=0.68, resolution=self._resolution
        )
        fine = noise.at(x / _DETAIL_PERIOD, depth / _DETAIL_PERIOD)
        return 0.5 * fine + 0.5 * noise.at(x / (_DETAIL_PERIOD * 6.3), depth / (_DETAIL_PERIOD * 6.3))

    @cached_property
    def heights(self) -> FloatArray:
        """Ground height of every sample, (slices, columns); below 0 is under water."""
        x, depth = self._sites
        known_depths, known_levels = np.array(self.form.levels, dtype=np.float32).T
        heights = np.interp(depth, known_depths, known_levels).astype(np.float32)
        heights += self._hills(x, depth) + self._mountains(x, depth) + self._dunes(x, depth)
        heights += (self._detail - 0.5) * 0.05
        heights += self._island(x, depth)
        if self.form.dunes:
            heights = np.maximum(heights, _DRY)
        return self._carved(heights, x, depth).astype(np.float32)

    def _hills(self, x: FloatArray, depth: FloatArray) -> FloatArray | float:
        if not self.form.hills:
            return 0.0
        noise = TileableNoise(
            self.scene.generator("hills"), cells=4, octaves=3, gain=0.4, resolution=self._resolution // 2
        )
        rolling = noise.at(x / _HILL_PERIOD, depth / _HILL_PERIOD) - 0.42
        result: FloatArray | float = rolling * self.form.hills * np.clip(depth * 0.42 - 0.35, 0, 3.6)
        return result

    def _mountains(self, x: FloatArray, depth: FloatArray) -> FloatArray | float:
        if not self.form.mountains:
            return 0.0
        noise = TileableNoise(
            self.scene.generator("mountains"), cells=3, octaves=7, gain=0.47, crests=True, resolution=self._resolution
        )
        crests = noise.at(x / _MOUNTAIN_PERIOD, depth / _MOUNTAIN_PERIOD)
        peaks = np.clip(crests - 0.28, 0, 1) ** 1.7 * 1.9
        start = self.form.mountains_from
        rise = smoothstep(start, start * 2.1, depth)
        offset = np.abs(x / depth - (self.scene.sun_x - 0.5) * 0.5)
        sides = 0.45 + 0.55 * smoothstep(self.form.valley * 0.3, self.form.valley + 0.35, offset)
        result: FloatArray | float = peaks * rise * sides * self.form.mountains
        return result

    def _dunes(self, x: FloatArray, depth: FloatArray) -> FloatArray | float:
        if not self.form.dunes:
            return 0.0
        generator = self.scene.generator("dunes")
        noise = TileableNoise(generator, cells=3, octaves=2, gain=0.3, resolution=self._resolution // 2)
        bend = noise.at(x / 23, depth / 23)
        swell = noise.at((x * 0.7 + bend * 9) / 19, (depth + bend * 5) / 15)
        # Noise overshoots its range at times, and a crest below nothing has no such power.
        crest = np.maximum(1 - np.sqrt((swell * 2 - 1) ** 2 + np.float32(0.012)), 0)
        sway = crest**1.4 * (0.4 + 0.9 * bend)
        ripples = np.sin((depth * 1.0 + x * 0.35 + bend * 14) * 34) * 0.0035 * np.exp(-depth * 0.8)
        result: FloatArray | float = (sway - 0.25) * self.form.dunes * np.clip(depth * 0.33 - 0.22, 0, 4.5) + ripples
        return result

    def _island(self, x: FloatArray, depth: FloatArray) -> FloatArray | float:
        if not self.form.island:
            return 0.0
        rough = (self._detail - 0.5) * 0.5
        beach = np.exp(-((x / 2.3) ** 2) - ((depth - ISLAND_DEPTH) / 1.7) ** 2 + rough * 0.5)
        side = -0.7 if self.scene.sun_x > 0.5 else 0.7
        peak = np.exp(-(((x - side) / 1.1) ** 2) - ((depth - ISLAND_DEPTH - 0.9) / 1.1) ** 2) * (0.75 + rough)
        island: FloatArray = 0.42 * beach + self.form.island * peak
        return island

    def _carved(self, heights: FloatArray, x: FloatArray, depth: FloatArray) -> FloatArray:
        if not self.form.channel:
            return heights
        generator = self.scene.generator("channel")
        phase, side = generator.uniform(0, 6.28), generator.uniform(-0.2, 0.2)
        middle = side + 0.35 * np.sin(np.log(depth) * 2.6 + phase) * np.minimum(depth, 6.0) ** 0.9
        distance = np.abs(x - middle) / (self.form.channel * (0.8 + 0.12 * depth))
        bank = smoothstep(0.7, 1.7, distance + (self._detail - 0.5) * 0.3)
        fade = 1 - smoothstep(11, 14, depth)
        return heights * (1 - fade * (1 - bank)) - 0.12 * (1 - bank) * fade

    @cached_property
    def shaded(self) -> FloatArray:
        """Lit and hazed colour and a water flag of every sample, (slices, columns, 4)."""
        light = self._sunlight()[..., None]
        air = self.scene.atmosphere
        colour = self._albedo(light[..., 0]) * mix(
            air.ambient.array * 0.66, air.ambient.array * 0.66 + air.key.array * 1.06, light
        )
        hazed = self._hazed(colour * (_SNOW_GLARE if self.scene.snowy else 1.0))
        return stacked([*np.moveaxis(hazed, -1, 0), (self.heights < 0).astype(np.float32)])

    @cached_property
    def _slopes(self) -> tuple[FloatArray, FloatArray]:
        x, depth = self._sites
        spacing = (x[:, 1] - x[:, 0])[:, None]
        across = np.gradient(self.heights, axis=1) / spacing
        along = np.gradient(self.heights, axis=0) / np.gradient(depth[:, 0])[:, None]
        return across, along - across * x / depth

    def _sunlight(self) -> FloatArray:
        """Return the cosine of the light's angle: a raking light from the sun's side, a little from behind us."""
        across, along = self._slopes
        side = 1.0 if self.scene.sun_x > 0.5 else -1.0
        height = 0.35 + 0.45 * self.scene.atmosphere.sun_height
        steep = np.sqrt(1 + across**2 + along**2)
        facing = (-across * side * 0.85 + height + along * 0.28) / steep
        return np.clip(facing * 1.05, 0, 1.15)

    def _albedo(self, light: FloatArray) -> FloatArray:
        soil, detail = self.form.soil, self._detail
        _, depth = self._sites
        across, along = self._slopes
        steep = np.hypot(across, along)
        colour = mix(soil.low.array, soil.lush.array, smoothstep(0.38, 0.62, detail)[..., None])
        far = smoothstep(3, 12, depth)[..., None]
        colour = mix(colour, mix(soil.high.array, soil.low.array, detail[..., None] * 0.5), far * 0.7)
        colour = mix(colour, soil.rock.array, smoothstep(0.75, 1.25, steep + detail * 0.4)[..., None])
        rim = 1 - smoothstep(0.01, 0.06, np.abs(self.heights))
        colour = mix(colour, soil.shore.array, rim[..., None] * 0.8)
        colour = colour * (0.72 + 0.56 * detail[..., None])
        return mix(colour, WHITE.array * 0.97, self._snow(steep)[..., None])

    def _snow(self, steep: FloatArray) -> FloatArray:
        line = self.form.snowline + (self._detail - 0.5) * 3.0
        return smoothstep(-0.4, 0.7, self.heights - line) * (1 - smoothstep(1.5, 2.4, steep))

    def _hazed(self, colour: FloatArray) -> FloatArray:
        haze, share = self.haze_at(self._sites[1], self._sites[0])
        return mix(colour, haze, share)

    def haze_at(self, depth: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the haze's colour, warmer below the sun, and its share, each with a last axis of channels."""
        air = self.scene.atmosphere
        density = air.haze_density * self.scene.style.haze
        share = 1 - np.exp(-np.maximum(depth - 1, 0) * density / _HAZE_DEPTH)
        sun = (self.scene.sun_x - 0.5) * self.scene.size[0] / self.camera.focal
        near_sun = np.exp(-np.abs(x / depth - sun) * 2.6) * min(1.0, air.glow)
        haze = mix(air.haze.array, air.sun.array, near_sun[..., None] * 0.65)
        return haze, np.minimum(share, 0.94)[..., None]

    def full_width(self) -> tuple[FloatArray, FloatArray]:
        """Return heights, at least water level, and shaded colours on the picture's full width."""
        width = self.scene.size[0]
        return (
            stretched(np.maximum(self.heights, 0), width),
            stacked(stretched(channel, width) for channel in np.moveaxis(self.shaded, -1, 0)),
        )

    @cached_property
    def _rows(self) -> FloatArray:
        depths = self._sites[1]
        return self.camera.horizon + self.camera.focal * (self.camera.altitude - self.heights) / depths

    @cached_property
    def _skyline(self) -> FloatArray:
        return np.minimum.accumulate(self._rows, axis=0)

    def crest(self, column: float) -> float:
        """Return the pixel row of the skyline at a column (share of the width)."""
        return float(self._skyline[-1, int(np.clip(column, 0, 0.999) * self.heights.shape[1])])

    def foothold(self, column: float, depth: float) -> float | None:
        """Return the pixel row of dry, visible ground at a column (share of the width) and a depth, else None."""
        row = float(self.footholds(np.array([column]), np.array([depth]))[0])
        return None if np.isnan(row) else row

    def footholds(self, columns: FloatArray, depths: FloatArray) -> FloatArray:
        """Return what :meth:`foothold` does for several places, NaN where there is no dry, visible ground."""
        places = (np.clip(columns, 0, 0.999) * self.heights.shape[1]).astype(np.int64)
        slices = np.clip(np.searchsorted(self.camera.depths(), depths), 0, self.heights.shape[0] - 1)
        rows = self._rows[slices, places]
        hidden = rows > self._skyline[slices, places] + 0.01 * self.scene.size[1]
        return np.where(hidden | (self.heights[slices, places] < 0.004), np.nan, rows)
