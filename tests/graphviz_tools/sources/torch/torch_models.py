"""Hugging Face models that nobody here wrote, small, built from a config with random weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import transformers as hf
from torch import nn

hf.logging.set_verbosity_error()

TINY = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
IDS = torch.tensor([[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]])


def _gpt2() -> tuple[nn.Module, dict[str, Any]]:
    config = hf.GPT2Config(n_layer=2, n_embd=16, n_head=2, n_positions=8, vocab_size=20)
    return hf.GPT2LMHeadModel(config), {"input_ids": IDS, "labels": IDS}


def _bert() -> tuple[nn.Module, dict[str, Any]]:
    config = hf.BertConfig(**TINY, vocab_size=20, max_position_embeddings=8)
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    return hf.BertForSequenceClassification(config), {
        "input_ids": IDS,
        "attention_mask": mask,
        "labels": torch.tensor([0, 1]),
    }


def _llama() -> tuple[nn.Module, dict[str, Any]]:
    config = hf.LlamaConfig(**TINY, num_key_value_heads=1, vocab_size=20, max_position_embeddings=8)
    return hf.LlamaForCausalLM(config), {"input_ids": IDS, "labels": IDS}


def _vit() -> tuple[nn.Module, dict[str, Any]]:
    config = hf.ViTConfig(**TINY, image_size=8, patch_size=4, num_channels=1, num_labels=3)
    return hf.ViTForImageClassification(config), {
        "pixel_values": torch.randn(2, 1, 8, 8),
        "labels": torch.tensor([2, 0]),
    }


def _t5() -> tuple[nn.Module, dict[str, Any]]:
    config = hf.T5Config(
        d_model=16, d_ff=32, d_kv=8, num_layers=2, num_heads=2, vocab_size=20, decoder_start_token_id=0
    )
    return hf.T5ForConditionalGeneration(config), {"input_ids": IDS, "labels": IDS}


MODELS: dict[str, Callable[[], tuple[nn.Module, dict[str, Any]]]] = {
    "GPT-2": _gpt2,
    "BERT": _bert,
    "Llama": _llama,
    "ViT": _vit,
    "T5": _t5,
}


def build(name: str, *, training: bool = True) -> tuple[nn.Module, dict[str, Any]]:
    """The model and the keyword arguments to call it with, from a fixed seed."""
    torch.manual_seed(0)
    model, inputs = MODELS[name]()
    return model.train(training), inputs
