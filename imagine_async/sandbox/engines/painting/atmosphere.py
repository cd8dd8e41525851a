"""Light and air: the colours of the sky, the sun and the haze by time of day and weather."""

from __future__ import annotations

from dataclasses import dataclass, replace

from imagine_async.sandbox.engines.painting.colour import WHITE, Colour, hexadecimal


@dataclass(frozen=True)
class Atmosphere:
    """The light of a scene.

    Attributes:
        zenith: Sky colour at the top.
        middle: Sky colour half-way up.
        horizon: Sky colour at the horizon.
        sun: Colour of the sun or moon and of the glow around it.
        glow: Strength of that glow.
        sun_height: Height of the sun above the horizon, 0 at the horizon, 1 at the top of the picture.
        key: Light that sunlit surfaces receive.
        ambient: Light that every surface receives.
        haze: Colour that distance fades to.
        haze_density: How fast it does so; 1 is a clear day.
        cloud_light: Colour of clouds towards the sun.
        cloud_shadow: Colour of clouds away from it.
        cloud_cover: Share of the sky under cloud, 0..1.
        stars: Visibility of stars, 0..1.
        disc: Visibility of the sun's or moon's disc, 0..1.
        night: Whether the disc is the moon and windows are lit.
    """

    zenith: Colour
    middle: Colour
    horizon: Colour
    sun: Colour
    glow: float
    sun_height: float
    key: Colour
    ambient: Colour
    haze: Colour
    cloud_light: Colour
    cloud_shadow: Colour
    haze_density: float = 1.0
    cloud_cover: float = 0.42
    stars: float = 0.0
    disc: float = 1.0
    night: bool = False


def _sky(codes: str, **values: float | bool) -> Atmosphere:
    zenith, middle, horizon, sun, haze, cloud_light, cloud_shadow = map(hexadecimal, codes.split())
    key = Colour(*(component * float(values["key"]) for component in sun.mixed(WHITE, 0.25)))
    ambient = Colour(*(component * float(values["ambient"]) for component in zenith.mixed(horizon, 0.5)))
    return Atmosphere(
        zenith=zenith,
        middle=middle,
        horizon=horizon,
        sun=sun,
        haze=haze,
        cloud_light=cloud_light,
        cloud_shadow=cloud_shadow,
        key=key,
        ambient=ambient,
        glow=float(values["glow"]),
        sun_height=float(values["sun_height"]),
        haze_density=float(values.get("haze_density", 1.0)),
        stars=float(values.get("stars", 0.0)),
        night=bool(values.get("night", False)),
    )


TIMES = {
    "dawn": _sky(
        "5d79b8 c7a4bd ffd3a1 ffc48a e8b9ae ffe0c4 9d87a8",
        key=1.0,
        ambient=0.62,
        glow=0.55,
        sun_height=0.14,
        haze_density=1.5,
    ),
    "day": _sky(
        "2464b4 5c9bd9 cfe6f2 fff6df b9d3e6 ffffff 9fb4cb",
        key=1.15,
        ambient=0.62,
        glow=0.28,
        sun_height=0.72,
    ),
    "golden": _sky(
        "5b8fc4 c9bd9f ffdc96 ffcb70 ecc48c fff0cf b08d7b",
        key=1.3,
        ambient=0.55,
        glow=0.6,
        sun_height=0.26,
        haze_density=1.3,
    ),
    "sunset": _sky(
        "2a3372 a4517f ff9148 ffb35a d0705f ffb887 6d4a73",
        key=0.95,
        ambient=0.55,
        glow=0.75,
        sun_height=0.08,
        haze_density=1.2,
    ),
    "night": _sky(
        "050a20 0e2048 2c4a78 cfdcf5 22385f 5a6f98 121f3c",
        key=0.36,
        ambient=0.75,
        glow=0.25,
        sun_height=0.68,
        stars=1.0,
        night=True,
    ),
}


def atmosphere_for(time: str, weather: str) -> Atmosphere:
    """Return the light of a time of day (a key of ``TIMES``) in a weather (a key of ``words.WEATHERS``)."""
    clear = TIMES[time]
    if weather == "clear":
        return replace(clear, cloud_cover=0.12)
    if weather == "cloudy":
        return replace(_veiled(clear, 0.35, 0.92), cloud_cover=0.72, disc=0.3)
    if weather == "rain":
        return replace(_veiled(clear, 0.7, 0.66), cloud_cover=0.86, disc=0.0, haze_density=clear.haze_density * 2.0)
    if weather == "storm":
        return replace(_veiled(clear, 0.55, 0.5), cloud_cover=0.9, disc=0.0, haze_density=clear.haze_density * 1.6)
    if weather == "snow":
        return replace(_veiled(clear, 0.28, 1.04), cloud_cover=0.55, disc=0.5, haze_density=clear.haze_density * 1.15)
    if weather == "fog":
        return replace(_veiled(clear, 0.5, 1.0), cloud_cover=0.5, disc=0.7, haze_density=clear.haze_density * 4.5)
    return clear


def _veiled(atmosphere: Atmosphere, greying: float, brightness: float) -> Atmosphere:
    """Grey and darken the light, as a sheet of cloud does."""

    def veil(colour: Colour) -> Colour:
        return colour.saturated(1 - greying).scaled(brightness)

    lit = veil(atmosphere.horizon).mixed(veil(atmosphere.zenith), 0.3)
    return replace(
        atmosphere,
        zenith=veil(atmosphere.zenith).mixed(lit, greying * 0.6),
        middle=veil(atmosphere.middle),
        horizon=veil(atmosphere.horizon),
        haze=veil(atmosphere.haze),
        cloud_light=veil(atmosphere.cloud_light),
        cloud_shadow=veil(atmosphere.cloud_shadow),
        key=veil(atmosphere.key).mixed(veil(atmosphere.ambient), greying * 0.6),
        glow=atmosphere.glow * (1 - greying * 0.6),
        stars=atmosphere.stars * (1 - greying),
    )


def tinted(atmosphere: Atmosphere, accent: Colour, amount: float) -> Atmosphere:
    """Return the light shifted towards a colour, each part keeping its own brightness."""

    def tint(colour: Colour) -> Colour:
        brightness = max(colour.luminance, 0.02) / max(accent.luminance, 0.12)
        return colour.mixed(accent.scaled(brightness), amount)

    return replace(
        atmosphere,
        zenith=tint(atmosphere.zenith),
        middle=tint(atmosphere.middle),
        horizon=tint(atmosphere.horizon),
        haze=tint(atmosphere.haze),
        cloud_light=tint(atmosphere.cloud_light),
        cloud_shadow=tint(atmosphere.cloud_shadow),
        ambient=tint(atmosphere.ambient),
    )
