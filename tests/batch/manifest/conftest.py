"""A folder with pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.batch.manifest.places import made_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return made_folder(tmp_path)
