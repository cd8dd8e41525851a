"""Engines by name, and what is said where one cannot be had."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from imagine_async import AsyncImagine, ConfigurationError, MissingExtraError
from imagine_async.cli.app import run
from imagine_async.cli.sandbox import _EngineName
from imagine_async.sandbox import __main__
from imagine_async.sandbox.engines import (
    ENGINE_NAMES,
    EngineError,
    EngineName,
    MissingEngineExtraError,
    ProceduralEngine,
    chosen_engine,
)
from imagine_async.sandbox.engines.cv import CvEngine
from tests.flat_engine import FlatEngine

INDEX = {"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"], "vae": [None, None]}


def folder_with(path: Path, index: object) -> Path:
    """Write what describes a pipeline, without the pipeline."""
    (path / "unet").mkdir()
    (path / "model_index.json").write_text(json.dumps(index))
    return path


def said_without(package: str, call: str) -> str:
    """Run a call in a process in which a package is not installed, and return what the error says."""
    program = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from imagine_async import AsyncImagine, ConfigurationError\n"
        f"try: {call}\n"
        "except ConfigurationError as error: print(type(error).__name__, error)"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_engines_by_name() -> None:
    """A name is all that an engine without a model needs."""
    assert isinstance(chosen_engine("procedural"), ProceduralEngine)
    assert isinstance(chosen_engine("cv"), CvEngine)


def test_the_command_knows_the_engines() -> None:
    """The command's own list, which it has because the sandbox is an extra, is the sandbox's."""
    assert get_args(_EngineName) == get_args(EngineName) == ENGINE_NAMES


@pytest.mark.parametrize(
    ("name", "model", "complaint"),
    [
        ("oil", None, "engine: one of procedural, cv, diffusers, not 'oil'"),
        ("cv", "there", "model: the engine 'cv' has none"),
        ("procedural", "there", "choose the engine 'diffusers' or leave the model out"),
        ("diffusers", None, "needs the folder of a pipeline"),
        ("diffusers", "no/such/folder", "there is no folder no/such/folder"),
    ],
)
def test_choices_that_make_no_sense(name: str, model: str | None, complaint: str) -> None:
    """The error names what was given and the way out."""
    with pytest.raises(EngineError, match=complaint):
        chosen_engine(name, model=model)


@pytest.mark.parametrize(
    ("index", "complaint"),
    [
        ([], "names no pipeline"),
        ({}, "names no pipeline"),
        ({"_class_name": ["custom", "Pipeline"]}, "names no pipeline"),
    ],
)
def test_folders_that_describe_no_pipeline(tmp_path: Path, index: object, complaint: str) -> None:
    """A description has to name a pipeline of diffusers; code of the model's own is not run."""
    with pytest.raises(EngineError, match=complaint):
        chosen_engine("diffusers", model=folder_with(tmp_path, index))


def test_a_folder_without_a_description(tmp_path: Path) -> None:
    """Any other folder is no pipeline."""
    with pytest.raises(EngineError, match=r"has no model_index\.json"):
        chosen_engine("diffusers", model=tmp_path)


def test_a_description_that_is_no_json(tmp_path: Path) -> None:
    """A broken description is named."""
    (tmp_path / "model_index.json").write_text("{")
    with pytest.raises(EngineError, match="cannot be read"):
        chosen_engine("diffusers", model=tmp_path)


def test_weights_that_are_pickles_are_refused_unread(tmp_path: Path) -> None:
    """Only safetensors are read: a pickle runs whatever its maker wished."""
    folder = folder_with(tmp_path, INDEX)
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"not even looked at")
    with pytest.raises(EngineError, match="are pickles"):
        chosen_engine("diffusers", model=folder)


def test_missing_packages_name_their_extra(tmp_path: Path) -> None:
    """Without PyTorch or OpenCV the error says what to install, also where the client makes the sandbox."""
    folder = folder_with(tmp_path, INDEX)
    cv = said_without("cv2", "AsyncImagine.sandbox(engine='cv')")
    diffusers = said_without("torch", f"AsyncImagine.sandbox(engine='diffusers', model={str(folder)!r})")
    assert cv.startswith("MissingExtraError")
    assert 'pip install "imagine-async[sandbox-cv]"' in cv
    assert 'pip install "imagine-async[sandbox-diffusion]"' in diffusers


def test_errors_of_missing_extras_travel() -> None:
    """They can be pickled, as those of the SDK can."""
    error = pickle.loads(pickle.dumps(MissingEngineExtraError("cv", "sandbox-cv")))
    assert (error.extra, "'cv'" in str(error)) == ("sandbox-cv", True)
    assert not isinstance(error, MissingExtraError)


@pytest.mark.anyio
async def test_the_client_takes_a_name_or_an_engine() -> None:
    """A sandbox in process paints with what it is given."""
    engine = FlatEngine()
    async with AsyncImagine.sandbox(side=16, engine=engine) as client:
        await client.text_to_image("a fox")
    assert [name for name, _ in engine.calls] == ["text_to_image"]
    async with AsyncImagine.sandbox(side=16, engine="cv") as client:
        assert (await client.text_to_image("a fox")).width == 16


def test_the_client_says_what_is_wrong() -> None:
    """A name that is unknown is a setting that is wrong."""
    with pytest.raises(ConfigurationError, match="not 'oil'"):
        AsyncImagine.sandbox(engine="oil")


def test_the_command_says_what_is_wrong(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Before it listens, in a line, with exit code 2."""
    assert run(["sandbox", "--engine", "diffusers"]) == 2
    assert "needs the folder of a pipeline" in capsys.readouterr().err
    assert run(["sandbox", "--engine", "diffusers", "--model", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err.replace("\n", "")


def test_the_module_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m imagine_async.sandbox` takes the same options."""
    with pytest.raises(SystemExit) as stopped:
        __main__.main(["--engine", "procedural", "--model", "there"])
    assert stopped.value.code == 2
    assert "choose the engine 'diffusers'" in capsys.readouterr().err
