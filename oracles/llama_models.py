"""Tiny decoders of the Llama family for `oracles/models.py`: one for each model type, of sizes at which a setting that is ignored shows.

Windows are shorter than the rows, soft caps bound much, bases of positions are small, heads are no even share of the width.
EXAONE 3 is no part of transformers: it is Llama under other names, and is saved under them.
"""

import json

from safetensors.torch import load_file, save_file
from transformers import (
    Exaone4Config,
    Exaone4ForCausalLM,
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GemmaConfig,
    GemmaForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)


def sizes(**changes):
    return dict(
        vocab_size=61,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        initializer_range=0.2,
        rms_norm_eps=1e-5,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
        tie_word_embeddings=False,
        rope_parameters={"rope_type": "default", "rope_theta": 100.0},
    ) | changes


ALTERNATING = ["sliding_attention", "full_attention"]
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}
KIND_ROPES = {
    "sliding_attention": {"rope_type": "default", "rope_theta": 20.0},
    "full_attention": {"rope_type": "linear", "rope_theta": 500.0, "factor": 2.0},
}


def long_rope(trained, pairs):
    """The context of the training, and factors for each pair; transformers takes the former from the configuration alone."""
    return dict(
        original_max_position_embeddings=trained,
        rope_parameters={
            "rope_type": "longrope",
            "rope_theta": 100.0,
            "short_factor": [1.0 + 0.25 * pair for pair in range(pairs)],
            "long_factor": [1.5 + 1.25 * pair for pair in range(pairs)],
            "original_max_position_embeddings": trained,
        },
    )


def phi3(trained, share, **changes):
    pairs = int(8 * share) // 2
    config = Phi3Config(**sizes(num_attention_heads=2, num_key_value_heads=1, partial_rotary_factor=share, **(long_rope(trained, pairs) | changes)))
    return Phi3ForCausalLM(config)


def mixtral():
    model = MixtralForCausalLM(MixtralConfig(**sizes(num_local_experts=4, num_experts_per_tok=2)))
    # The grouped product that is taken otherwise knows no float64.
    model.set_experts_implementation("eager")
    return model


LLAMA_MODELS = {
    "llama-biases": lambda: LlamaForCausalLM(LlamaConfig(**sizes(attention_bias=True, mlp_bias=True, head_dim=6))),
    "mistral": lambda: MistralForCausalLM(MistralConfig(**sizes(sliding_window=4))),
    "mixtral": mixtral,
    "qwen2": lambda: Qwen2ForCausalLM(
        Qwen2Config(**sizes(tie_word_embeddings=True, use_sliding_window=True, sliding_window=3, max_window_layers=1))
    ),
    "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(**sizes(tie_word_embeddings=True, head_dim=6))),
    "gemma": lambda: GemmaForCausalLM(GemmaConfig(**sizes(tie_word_embeddings=True, head_dim=6))),
    "gemma2": lambda: Gemma2ForCausalLM(
        Gemma2Config(
            **sizes(
                tie_word_embeddings=True,
                head_dim=6,
                sliding_window=4,
                query_pre_attn_scalar=3,
                attn_logit_softcapping=2.0,
                final_logit_softcapping=3.0,
            )
        )
    ),
    "gemma3": lambda: Gemma3ForCausalLM(
        Gemma3TextConfig(
            **sizes(
                tie_word_embeddings=True,
                head_dim=6,
                sliding_window=3,
                query_pre_attn_scalar=3,
                layer_types=ALTERNATING,
                rope_parameters=KIND_ROPES,
            )
        )
    ),
    "phi3": lambda: phi3(32, 0.5, sliding_window=5),
    # Every row is longer: transformers turns all rows of a batch by the longest.
    "phi3-longrope": lambda: phi3(3, 1.0),
    "exaone": lambda: LlamaForCausalLM(LlamaConfig(**sizes(tie_word_embeddings=True, rope_parameters=dict(LLAMA3_ROPE)))),
    "exaone4": lambda: Exaone4ForCausalLM(
        Exaone4Config(**sizes(sliding_window=4, layer_types=ALTERNATING, rope_parameters=dict(LLAMA3_ROPE)))
    ),
}

# Where the usual one makes gradients so small that Adam magnifies the rounding of float32 beyond what is compared.
SEEDS = {"gemma2": 12, "phi3-longrope": 13}

EXAONE_TENSORS = {
    "model.embed_tokens": "transformer.wte",
    "model.layers": "transformer.h",
    "model.norm": "transformer.ln_f",
    "self_attn": "attn.attention",
    "o_proj": "out_proj",
    "gate_proj": "c_fc_0",
    "up_proj": "c_fc_1",
    "down_proj": "c_proj",
    "input_layernorm": "ln_1",
    "post_attention_layernorm": "ln_2",
}
EXAONE_FIELDS = {"num_hidden_layers": "num_layers", "hidden_act": "activation_function", "rms_norm_eps": "layer_norm_epsilon"}


def published(name, tensors):
    """Tensors under the names of published files, where the reference has them under others while it computes."""
    if name == "exaone":
        return {exaone_name(key): value for key, value in tensors.items()}
    if name != "mixtral":
        return tensors
    found = {}
    for key, value in tensors.items():
        key = key.replace(".mlp.", ".block_sparse_moe.")
        if key.endswith("experts.gate_up_proj"):
            for expert, fused in enumerate(value):
                gate, up = fused.chunk(2)
                found[key.replace("gate_up_proj", f"{expert}.w1.weight")] = gate.contiguous()
                found[key.replace("gate_up_proj", f"{expert}.w3.weight")] = up.contiguous()
        elif key.endswith("experts.down_proj"):
            for expert, down in enumerate(value):
                found[key.replace("down_proj", f"{expert}.w2.weight")] = down.contiguous()
        else:
            found[key] = value
    return found


def exaone_name(key):
    for ours, theirs in EXAONE_TENSORS.items():
        key = key.replace(ours, theirs)
    return key


def save_as_published(name, folder):
    """EXAONE 3's folder, from that of the Llama it is."""
    if name != "exaone":
        return
    tensors = load_file(folder / "model.safetensors")
    save_file(published(name, tensors), folder / "model.safetensors", {"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    for field in ("attention_bias", "mlp_bias", "pretraining_tp"):
        config.pop(field, None)
    # It is known to older versions of the reference alone, which write positions in two fields.
    rope = config.pop("rope_parameters")
    config |= {"architectures": ["ExaoneForCausalLM"], "model_type": "exaone", "rope_theta": rope.pop("rope_theta"), "rope_scaling": rope}
    config = {EXAONE_FIELDS.get(key, key): value for key, value in config.items()}
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
