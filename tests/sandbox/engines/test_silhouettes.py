"""A cut-out is one recognisable thing: a main shape in the middle, not crumbs."""

from __future__ import annotations

import numpy as np
import pytest

from imagine_async.sandbox.engines import ProceduralEngine
from imagine_async.sandbox.engines.editing.regions import label_regions
from imagine_async.sandbox.engines.painting.subjects.catalogue import SUBJECTS

ENGINE = ProceduralEngine()
SIDE = 160


def silhouette(subject: str) -> np.ndarray:
    alpha = ENGINE.text_to_png(f"a {subject}", size=(SIDE, SIDE), seed=1).getchannel("A")
    return np.asarray(alpha) > 127


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_is_one_shape(subject: str) -> None:
    """Nearly all of a cut-out hangs together."""
    labels = label_regions(silhouette(subject))
    sizes = np.bincount(labels.ravel())[1:]
    assert sizes.max() > 0.93 * sizes.sum()


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_fills_its_picture_from_the_middle(subject: str) -> None:
    """A cut-out's box is centred and spans most of the picture in one direction."""
    rows, columns = np.nonzero(silhouette(subject))
    middle = np.array([rows.min() + rows.max(), columns.min() + columns.max()]) / 2
    assert np.abs(middle - (SIDE - 1) / 2).max() < 0.03 * SIDE
    assert max(np.ptp(rows), np.ptp(columns)) > 0.75 * SIDE


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_has_inner_form(subject: str) -> None:
    """Within its outline a subject has light, shade and parts: it is no flat stencil."""
    cut_out = np.asarray(ENGINE.text_to_png(f"a {subject}", size=(SIDE, SIDE), seed=1), dtype=np.float64)
    assert cut_out[..., :3].mean(axis=-1)[cut_out[..., 3] > 250].std() > 8
