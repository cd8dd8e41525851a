"""What of the diffusion engine needs no model: its settings, and the sizes that a model can paint."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagine_async.sandbox.engines.diffusion import DiffusionSettings
from imagine_async.sandbox.engines.diffusion.sizes import paintable_size

SIDES = st.integers(1, 8192)


@pytest.mark.parametrize(
    "setting", [{"steps": 0}, {"guidance": -1.0}, {"fill_strength": 0.0}, {"fill_strength": 1.5}, {"max_pixels": 100}]
)
def test_settings_out_of_range(setting: dict[str, Any]) -> None:
    """A setting that makes no sense is named."""
    with pytest.raises(ValueError, match=next(iter(setting))):
        DiffusionSettings(**setting)


@given(width=SIDES, height=SIDES, step=st.sampled_from([8, 16, 32]), max_pixels=st.integers(4 * 128**2, 2048**2))
def test_sizes_fit_the_model(width: int, height: int, step: int, max_pixels: int) -> None:
    """Whatever is asked for, sides are whole steps, four at least, and there are no more pixels than allowed."""
    painted = paintable_size((width, height), step=step, max_pixels=max_pixels)
    assert all(side % step == 0 and side >= 4 * step for side in painted)
    assert painted[0] * painted[1] <= max_pixels


@pytest.mark.parametrize("size", [(1024, 1024), (512, 768), (64, 64)])
def test_sizes_that_fit_are_kept(size: tuple[int, int]) -> None:
    """What the model can paint is painted in that size."""
    assert paintable_size(size, step=16, max_pixels=1024 * 1024) == size


def test_large_pictures_keep_their_shape() -> None:
    """A picture that is too large is painted smaller, in about the same shape."""
    width, height = paintable_size((4096, 2048), step=16, max_pixels=1024 * 1024)
    assert 1.9 < width / height < 2.1
