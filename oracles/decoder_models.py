"""The tiny decoders of the families GPT, GPT-2, GPT-NeoX, BLOOM and Falcon that `oracles/models.py` makes besides its own."""

from transformers import (
    BloomConfig,
    BloomForCausalLM,
    FalconConfig,
    FalconForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    OpenAIGPTConfig,
    OpenAIGPTLMHeadModel,
)

SHARED = dict(vocab_size=61, initializer_range=0.2, bos_token_id=0, pad_token_id=1, eos_token_id=2)


def gpt_sizes(**changes):
    return SHARED | dict(n_embd=16, n_layer=2, n_head=4, n_positions=40, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0) | changes


def gptneox_sizes(**changes):
    return SHARED | dict(
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=64,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5},
    ) | changes


def bloom_sizes(**changes):
    return SHARED | dict(hidden_size=16, n_layer=2, n_head=4) | changes


def falcon_sizes(**changes):
    return SHARED | dict(
        hidden_size=16,
        ffn_hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=64,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
    ) | changes


DECODERS = {
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config(**gpt_sizes())),
    "gpt2-scaled": lambda: GPT2LMHeadModel(
        GPT2Config(
            **gpt_sizes(
                n_inner=20,
                activation_function="relu",
                scale_attn_weights=False,
                scale_attn_by_inverse_layer_idx=True,
                reorder_and_upcast_attn=True,
                tie_word_embeddings=False,
            )
        )
    ),
    "openai-gpt": lambda: OpenAIGPTLMHeadModel(OpenAIGPTConfig(**gpt_sizes())),
    "gptneox": lambda: GPTNeoXForCausalLM(GPTNeoXConfig(**gptneox_sizes())),
    "gptneox-sequential": lambda: GPTNeoXForCausalLM(
        GPTNeoXConfig(
            **gptneox_sizes(
                use_parallel_residual=False,
                attention_bias=False,
                tie_word_embeddings=True,
                hidden_act="gelu_fast",
                rope_parameters={"rope_type": "linear", "rope_theta": 500.0, "factor": 2.0, "partial_rotary_factor": 1.0},
            )
        )
    ),
    "bloom": lambda: BloomForCausalLM(BloomConfig(**bloom_sizes())),
    # Heads that are no power of two.
    "bloom-after-norm": lambda: BloomForCausalLM(
        BloomConfig(**bloom_sizes(hidden_size=12, n_head=6, apply_residual_connection_post_layernorm=True))
    ),
    "falcon": lambda: FalconForCausalLM(FalconConfig(**falcon_sizes())),
    "falcon-grouped": lambda: FalconForCausalLM(
        FalconConfig(**falcon_sizes(new_decoder_architecture=True, num_kv_heads=2, tie_word_embeddings=False))
    ),
    "falcon-grouped-one-norm": lambda: FalconForCausalLM(
        FalconConfig(**falcon_sizes(new_decoder_architecture=True, num_kv_heads=2, num_ln_in_parallel_attn=1, num_hidden_layers=1))
    ),
    # Sixteen heads have slopes that bfloat16 rounds.
    "falcon-alibi": lambda: FalconForCausalLM(
        FalconConfig(
            **falcon_sizes(hidden_size=32, num_attention_heads=16, alibi=True, multi_query=False, parallel_attn=False, bias=True)
        )
    ),
}
