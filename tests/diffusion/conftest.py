"""Tiny pipelines with random weights: they paint noise, by the same code as large ones."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Without the extra `sandbox-diffusion` there is nothing here to test; `nox -s diffusion` installs it.
collect_ignore_glob = ["test_*.py"] if importlib.util.find_spec("torch") is None else []

_SIZE = 64
_WIDTH = 32


@pytest.fixture(autouse=True)
def _few_threads() -> Iterator[None]:
    """Let PyTorch work on one thread: so small a model is slower on more."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def pipeline_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline like Stable Diffusion with a text encoder and a tokenizer of a few words."""
    folder = tmp_path_factory.mktemp("pipeline")
    _pipeline(folder / "tokens").save_pretrained(folder, safe_serialization=True)
    return folder


@pytest.fixture(scope="session")
def wordless_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without text encoder and tokenizer."""
    folder = tmp_path_factory.mktemp("wordless")
    _pipeline(None).save_pretrained(folder, safe_serialization=True)
    return folder


def _pipeline(tokens: Path | None) -> Any:
    """Build a pipeline from components that are initialised at random, the same each time."""
    import torch
    from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel

    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=_SIZE // 8,
        block_out_channels=(_WIDTH, 2 * _WIDTH),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        attention_head_dim=8,
        cross_attention_dim=_WIDTH,
    )
    # Four levels, that is a factor of 8, as every common model has.
    vae = AutoencoderKL(
        block_out_channels=(8, 8, 16, 16),
        norm_num_groups=4,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
    )
    scheduler = DDIMScheduler(clip_sample=False, set_alpha_to_one=False, steps_offset=1, beta_schedule="scaled_linear")
    encoder, tokenizer = (None, None) if tokens is None else (_text_encoder(), _tokenizer(tokens))
    return StableDiffusionPipeline(
        vae=vae,
        text_encoder=encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def _text_encoder() -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel

    config = CLIPTextConfig(
        hidden_size=_WIDTH,
        intermediate_size=2 * _WIDTH,
        num_attention_heads=4,
        num_hidden_layers=2,
        vocab_size=1000,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    return CLIPTextModel(config)


def _tokenizer(folder: Path) -> Any:
    """Make a tokenizer that knows letters alone."""
    from transformers import CLIPTokenizer

    folder.mkdir()
    letters = [chr(code) for code in range(33, 127)]
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer.from_pretrained(folder, model_max_length=77)
