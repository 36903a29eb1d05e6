"""What transformers' models make of positions, for the tests of `src/nn`.

    python oracles/positions.py src/nn/fixtures/positions.json

`frequencies`: frequencies and attention factor of each `rope_scaling`. `rotations`: heads `[batch, heads, length, width]`
turned as GPT-J, RoFormer and GPT-NeoX (part of a head) do it. `alibi`: BLOOM's slopes, and its bias for one number of
heads. `roundedAlibi`: Falcon's bias, `[positions, heads]`. `buckets`: T5's buckets for distances from `-first` on. `bias`: T5's bias from a table `[buckets, heads]`, and the
gradient to the table of its sum under `weights`.
"""

import json
import sys
from pathlib import Path

# Scripts here may have the names of installed packages: look among those first.
sys.path.append(sys.path.pop(0))

import torch
from transformers import LlamaConfig, T5Config
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.falcon import modeling_falcon as falcon
from transformers.models.gpt_neox import modeling_gpt_neox as neox
from transformers.models.gptj import modeling_gptj as gptj
from transformers.models.roformer import modeling_roformer as roformer
from transformers.models.t5.modeling_t5 import T5Attention
from transformers.utils import logging

torch.set_num_threads(1)
logging.set_verbosity_error()
torch.manual_seed(7)

LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0)
LONG = dict(
    rope_type="longrope",
    short_factor=[1.0, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6],
    long_factor=[1.0, 2.5, 4.0, 8.0, 9.5, 16.0, 20.0, 64.0],
    original_max_position_embeddings=64,
)
SCALINGS = [
    (dict(rope_type="linear", factor=2.5), {}),
    (dict(rope_type="dynamic", factor=2.0), {"length": 100}),
    (dict(rope_type="dynamic", factor=2.0), {"length": 1500}),
    (dict(rope_type="dynamic", factor=4.0), {"length": 4096, "share": 0.5}),
    (dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=256), {}),
    (dict(rope_type="yarn", factor=16.0, original_max_position_embeddings=64, beta_fast=16.0, beta_slow=2.0), {"share": 0.5}),
    (dict(rope_type="yarn", factor=8.0, original_max_position_embeddings=128, attention_factor=1.25), {}),
    (
        dict(rope_type="yarn", factor=40.0, original_max_position_embeddings=4096, mscale=1.0, mscale_all_dim=0.707),
        {"theta": 10_000.0, "width": 64},
    ),
    (
        dict(rope_type="yarn", factor=32.0, original_max_position_embeddings=4096, truncate=False),
        {"theta": 150_000.0, "width": 64},
    ),
    (dict(rope_type="yarn", factor=None, original_max_position_embeddings=256), {}),
    (LLAMA3 | dict(original_max_position_embeddings=8192), {"theta": 500_000.0, "width": 128}),
    (LLAMA3 | dict(original_max_position_embeddings=64), {"share": 0.75}),
    (LONG, {"length": 64}),
    (LONG, {"length": 65}),
    (LONG | dict(factor=32.0), {"share": 1.0, "length": None}),
    (LONG | dict(attention_factor=1.5), {"length": 1000}),
]


def frequencies(scaling, theta=10_000.0, width=16, share=1.0, length=None):
    config = LlamaConfig(
        hidden_size=2 * width,
        num_attention_heads=2,
        head_dim=width,
        max_position_embeddings=1024,
        rope_parameters=scaling | {"rope_theta": theta, "partial_rotary_factor": share},
    )
    values, factor = ROPE_INIT_FUNCTIONS[scaling["rope_type"]](config, "cpu", seq_len=length)
    return {
        "scaling": scaling,
        "base": {"theta": theta, "maxPositions": 1024, "length": length},
        "headWidth": width,
        "share": share,
        "frequencies": values.tolist(),
        "attentionFactor": factor,
    }


POSITIONS = torch.tensor([[0, 1, 2], [5, 0, 7]])


def angles(width):
    return POSITIONS[..., None] * 10_000.0 ** (-torch.arange(0, width, 2).double() / width)


def rotations():
    x = torch.randn(2, 2, 3, 8).round(decimals=3)

    # [batch, length, heads, width] is what GPT-J turns.
    angle = angles(4).float()
    turned = gptj.apply_rotary_pos_emb(x[..., :4].transpose(1, 2), angle.sin(), angle.cos()).transpose(1, 2)
    yield "gptj", 4, True, torch.cat([turned, x[..., 4:]], -1)

    angle = angles(8).float()[:, None]
    sinusoidal = torch.cat([angle.sin(), angle.cos()], -1)
    turn = roformer.RoFormerSelfAttention.apply_rotary_position_embeddings
    yield "roformer", 8, True, torch.stack([turn(sinusoidal[row], x[row], x[row])[0] for row in range(2)])

    angle = angles(6).float()
    angle = torch.cat([angle, angle], -1)
    yield "gpt_neox", 6, False, neox.apply_rotary_pos_emb(x, x, angle.cos(), angle.sin())[0]
    yield "x", 8, False, x


def relative_bias():
    config = T5Config(
        d_model=6, d_kv=2, num_heads=3, is_decoder=False, relative_attention_num_buckets=8, relative_attention_max_distance=10
    )
    found = []
    for bidirectional, past, length in [(True, 0, 5), (False, 0, 4), (False, 4, 3)]:
        config.is_decoder = not bidirectional
        attention = T5Attention(config, has_relative_attention_bias=True, layer_idx=0)
        table = attention.relative_attention_bias.weight
        torch.nn.init.normal_(table)
        bias = attention.compute_bias(length, past + length, past_seen_tokens=past)
        weights = torch.randn_like(bias)
        (bias * weights).sum().backward()
        found.append(
            {
                "bidirectional": bidirectional,
                "past": past,
                "length": length,
                "table": table.flatten().tolist(),
                "bias": bias.flatten().tolist(),
                "weights": weights.flatten().tolist(),
                "gradient": table.grad.flatten().tolist(),
            }
        )
    return found


def buckets():
    first = 140
    distances = torch.arange(-first, first + 1)
    for bidirectional in (True, False):
        for count, farthest in [(32, 128), (16, 64), (8, 10), (10, 100)]:
            found = T5Attention._relative_position_bucket(distances, bidirectional, count, farthest)
            yield {
                "bidirectional": bidirectional,
                "buckets": count,
                "maxDistance": farthest,
                "first": first,
                "found": found.tolist(),
            }


def alibi():
    ones = torch.ones(1, 5, dtype=torch.long)
    slopes = {heads: build_alibi_tensor(ones, heads, torch.float32)[:, 0, 1].tolist() for heads in (1, 2, 3, 6, 8, 12, 16, 20)}
    return {"slopes": slopes, "heads": 6, "keys": 5, "bias": build_alibi_tensor(ones, 6, torch.float32).flatten().tolist()}


def rounded_alibi():
    """Falcon's, at positions that bfloat16 has and at some that it has not."""
    positions = [0, 1, 2, 3, 100, 200, 255, 256, 257, 258, 259, 300, 777, 1000, 1023, 1025, 2047]
    bias = falcon.build_alibi_tensor(torch.ones(1, 2048, dtype=torch.long), 20, torch.float32)[:, 0, positions]
    return {"heads": 20, "positions": positions, "bias": bias.T.flatten().tolist()}


if __name__ == "__main__":
    fixture = {
        "frequencies": [frequencies(scaling, **sizes) for scaling, sizes in SCALINGS],
        "positions": POSITIONS.flatten().tolist(),
        "rotations": [
            {"name": name, "turned": turned, "interleaved": interleaved, "values": values.flatten().tolist()}
            for name, turned, interleaved, values in rotations()
        ],
        "alibi": alibi(),
        "buckets": list(buckets()),
        "bias": relative_bias(),
        "roundedAlibi": rounded_alibi(),
    }
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(fixture) + "\n")
