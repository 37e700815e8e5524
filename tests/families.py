"""Tiny random encoders of every family that transformers can put a classification head on."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    PretrainedConfig,
    PreTrainedTokenizerFast,
)
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES as CLASSES,
)

SPECIAL_TOKENS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
WORDS = ["soap", "bread", "queue", "shop", "panic", "happy", "love", "hate", "empty", "full", "no"]

# Not encoders of texts, or of no use tiny: by default they have billions of weights, in parts of
# their own configurations, or layers of several kinds of which two do not hold each.
NOT_BUILT = {
    "axk1": "splits its heads in ways that no common sizes fit",
    "cohere_compass_text": "needs positions by kind of layer",
    "gemma3": "reads images too",
    "layoutlmv2": "needs the package detectron2",
    "mistral4": "splits its heads in ways that no common sizes fit",
    "modernvbert": "reads images too",
    "perceiver": "reads bytes, and has no fast tokenizer",
    "qwen3_5": "reads images too",
    "t5gemma": "an encoder and a decoder with configurations of their own",
    "t5gemma2": "reads images too",
    "ultravbert": "reads images too",
    "zamba": "has layers of several kinds",
    "zamba2": "has layers of several kinds",
}
FAMILIES = [family for family in CLASSES if family not in NOT_BUILT]

# Every name that some family has for a size; a family gets those that its configuration knows.
SIZES = {
    "vocab_size": 32,
    "hidden_size": 16,
    "d_model": 16,
    "n_embd": 16,
    "emb_dim": 16,
    "dim": 16,
    "embedding_size": 16,
    "word_embed_proj_dim": 16,
    "intermediate_size": 32,
    "moe_intermediate_size": 16,
    "shared_expert_intermediate_size": 16,
    "d_ff": 32,
    "dff": 32,
    "hidden_dim": 32,
    "ffn_dim": 32,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
    "num_hidden_layers": 2,
    "n_layer": 2,
    "n_layers": 2,
    "num_layers": 2,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "n_head": 2,
    "n_heads": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "head_dim": 8,
    "d_kv": 8,
    "max_position_embeddings": 40,
    "n_positions": 40,
    "max_2d_position_embeddings": 16,
    "n_routed_experts": 4,
    "num_experts": 4,
    "num_local_experts": 4,
    "num_experts_per_tok": 2,
    "qk_rope_head_dim": 8,
    "qk_nope_head_dim": 8,
    "v_head_dim": 8,
    "kv_lora_rank": 8,
    "q_lora_rank": 8,
    "initializer_range": 0.2,
    "init_std": 0.2,
    "embed_init_std": 0.2,
    "bos_token_id": 0,
    "pad_token_id": 1,
    "eos_token_id": 2,
}
# What a family needs besides, or instead; None leaves its own value.
OWN_SIZES = {
    "falcon": {"head_dim": None},
    "funnel": {"num_hidden_layers": None, "block_sizes": [1, 1], "n_head": 2, "d_head": 8},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]]},
    "gptj": {"rotary_dim": 4},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1, "use_mamba_kernels": False},
    "layoutlmv3": {"coordinate_size": 2, "shape_size": 4},
    "lilt": {"hidden_size": 48, "channel_shrink_ratio": 4},
    "luke": {"entity_vocab_size": 8, "entity_emb_size": 16},
    "qwen3_next": {"layer_types": ["linear_attention", "full_attention"]},
    "qwen3_5_text": {"layer_types": ["linear_attention", "full_attention"]},
    "t5": {"decoder_start_token_id": 1},
    "xlnet": {"max_position_embeddings": None, "d_inner": 32},
    "xmod": {"default_language": "en_XX"},
    "roc_bert": {
        "pronunciation_vocab_size": 8,
        "pronunciation_embed_dim": 4,
        "shape_vocab_size": 8,
        "shape_embed_dim": 4,
    },
    "reformer": {
        "hidden_size": 16,
        "axial_pos_embds_dim": [8, 8],
        "axial_pos_shape": [5, 8],
        "attention_head_size": 8,
        "feed_forward_size": 32,
    },
    "modernbert": {"local_attention": 8},
}


def make_config(family: str) -> PretrainedConfig:
    """Return a family's configuration of two layers that are 16 numbers wide."""
    own = OWN_SIZES.get(family, {})
    default = AutoConfig.for_model(family)
    sizes = {name: size for name, size in SIZES.items() if hasattr(default, name)} | own
    known = {name: size for name, size in sizes.items() if size is not None}
    return AutoConfig.for_model(family, **known)


def save_encoder(family: str, folder: Path, **changes: Any) -> Path:
    """Save a family's encoder of random weights, without a head, and a fast tokenizer for it."""
    config = make_config(family)
    for name, value in changes.items():
        setattr(config, name, value)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        AutoModelForSequenceClassification.from_config(config).base_model.save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    return folder


def make_tokenizer() -> PreTrainedTokenizerFast:
    """Return a lower-casing tokenizer of whole words, which marks where a text begins and ends."""
    vocabulary = {token: number for number, token in enumerate(SPECIAL_TOKENS + WORDS)}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    backend.normalizer = normalizers.Lowercase()
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        mask_token="<mask>",
        cls_token="<s>",
        sep_token="</s>",
    )
