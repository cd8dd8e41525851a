"""Packages whose names are loaded when they are first used."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

PACKAGES = ["imagine_async.catalog", "imagine_async.replies", "imagine_async.requests", "imagine_async.stores"]
NAMES = [(package, name) for package in PACKAGES for name in import_module(package).__all__]


@pytest.mark.parametrize(("package", "name"), NAMES, ids=".".join)
def test_every_name_is_there(package: str, name: str) -> None:
    """Each name of a package's `__all__` has a home below it, and is kept once it was found."""
    module = import_module(package)
    assert getattr(module, name) is vars(module)[name]


@pytest.mark.parametrize("package", PACKAGES)
def test_unknown_name_is_an_attribute_error(package: str) -> None:
    """A name that does not exist says so, as with any module."""
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'Nothing'"):
        _ = import_module(package).Nothing


def test_only_what_is_asked_for_is_loaded() -> None:
    """A name loads the module that defines it, and none of its neighbours."""
    program = (
        "import sys; from imagine_async.catalog import SOURCES;"
        " print(sorted(name for name in sys.modules if name.startswith('imagine_async.catalog.')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "['imagine_async.catalog.sources']\n"
