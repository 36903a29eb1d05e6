"""Tiny random checkpoints with everything the reference computes from them.

    python oracles/models.py src/models/fixtures [bart mbart t5 llama …]

For each model, or those named, a folder: `config.json` and `model.safetensors` as transformers saves them, `expected.json` (inputs, logits,
encoder output, losses, gradient norm, losses and norms of three AdamW steps), `gradients.safetensors` (gradient of the mean
cross-entropy for every parameter) and `adamw.safetensors` (parameters after those three steps). Everything in float32
without dropout. Compare AdamW results except for `k_proj.bias`: softmax ignores it, its gradient is rounding noise, and Adam
magnifies noise. `oracles/generation_models.py` adds `generation.json`.
"""

import json
import sys
from pathlib import Path

# Scripts here may have the names of installed packages: look among those first.
sys.path.append(sys.path.pop(0))

import torch
from decoder_models import DECODERS
from llama_models import LLAMA_MODELS, SEEDS, published, save_as_published
from mamba_models import MAMBA_MODELS
from safetensors.torch import save_file
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    LlamaConfig,
    LlamaForCausalLM,
    LongT5Config,
    LongT5ForConditionalGeneration,
    MBartConfig,
    MBartForConditionalGeneration,
    MT5Config,
    MT5ForConditionalGeneration,
    PegasusConfig,
    PegasusForConditionalGeneration,
    T5Config,
    T5ForConditionalGeneration,
)
from transformers.trainer_pt_utils import LabelSmoother

torch.set_num_threads(1)

VOCABULARY = 61
BEGIN, PAD, END = 0, 1, 2


def encoder_decoder_sizes(**changes):
    return dict(
        vocab_size=VOCABULARY,
        d_model=16,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=24,
        decoder_ffn_dim=24,
        max_position_embeddings=40,
        activation_function="gelu",
        init_std=0.2,
        bos_token_id=BEGIN,
        pad_token_id=PAD,
        eos_token_id=END,
        decoder_start_token_id=END,
        forced_eos_token_id=None,
    ) | changes


def llama_sizes(**changes):
    return dict(
        vocab_size=VOCABULARY,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        initializer_range=0.2,
        rms_norm_eps=1e-5,
        bos_token_id=BEGIN,
        pad_token_id=PAD,
        eos_token_id=END,
        tie_word_embeddings=False,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
    ) | changes


def t5_sizes(**changes):
    """Few buckets and a short way to the last of them, so that the rows reach it."""
    return dict(
        vocab_size=VOCABULARY,
        d_model=16,
        d_kv=6,
        d_ff=24,
        num_layers=2,
        num_decoder_layers=2,
        num_heads=4,
        relative_attention_num_buckets=8,
        relative_attention_max_distance=7,
        initializer_factor=0.7,
        pad_token_id=PAD,
        eos_token_id=END,
        decoder_start_token_id=PAD,
    ) | changes


def with_head_of_its_own(model):
    """Newer transformers begins every T5 with a tied head, and leaves a stored one alone."""
    generator = torch.Generator().manual_seed(5)
    model.lm_head.weight = torch.nn.Parameter(torch.randn(model.lm_head.weight.shape, generator=generator) * 0.3)
    return model


LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}

YARN_ROPE = {
    "rope_type": "yarn",
    "rope_theta": 10000.0,
    "factor": 4.0,
    "beta_fast": 1.0,
    "beta_slow": 0.25,
    "original_max_position_embeddings": 16,
}

MODELS = {
    "bart": lambda: BartForConditionalGeneration(BartConfig(**encoder_decoder_sizes())),
    "bart-scaled": lambda: BartForConditionalGeneration(
        BartConfig(**encoder_decoder_sizes(scale_embedding=True, encoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=20))
    ),
    "mbart": lambda: MBartForConditionalGeneration(MBartConfig(**encoder_decoder_sizes(scale_embedding=True))),
    "pegasus": lambda: PegasusForConditionalGeneration(
        PegasusConfig(**encoder_decoder_sizes(scale_embedding=True, activation_function="relu", decoder_layers=1, decoder_start_token_id=BEGIN))
    ),
    "t5": lambda: T5ForConditionalGeneration(T5Config(**t5_sizes())),
    "t5-gated": lambda: with_head_of_its_own(
        T5ForConditionalGeneration(T5Config(**t5_sizes(num_decoder_layers=1, feed_forward_proj="gated-gelu", tie_word_embeddings=False)))
    ),
    "mt5": lambda: with_head_of_its_own(MT5ForConditionalGeneration(MT5Config(**t5_sizes(num_layers=1, num_decoder_layers=1, feed_forward_proj="gated-silu")))),
    "longt5": lambda: LongT5ForConditionalGeneration(LongT5Config(**t5_sizes(local_radius=2))),
    "longt5-global": lambda: LongT5ForConditionalGeneration(
        LongT5Config(
            **t5_sizes(
                local_radius=3,
                global_block_size=2,
                encoder_attention_type="transient-global",
                num_decoder_layers=1,
                feed_forward_proj="gated-gelu",
                tie_word_embeddings=False,
            )
        )
    ),
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**llama_sizes())),
    "llama3": lambda: LlamaForCausalLM(LlamaConfig(**llama_sizes(tie_word_embeddings=True, rope_parameters=LLAMA3_ROPE))),
    "llama-yarn": lambda: LlamaForCausalLM(LlamaConfig(**llama_sizes(num_key_value_heads=1, rope_parameters=YARN_ROPE))),
} | DECODERS | LLAMA_MODELS | MAMBA_MODELS


def build(name, seed):
    """The model with seeded weights; biases, norms and the final bias get noise too, so that an ignored one shows."""
    torch.manual_seed(seed)
    model = MODELS[name]().eval()
    # Written out, Falcon's attention adds ALiBi twice.
    model.set_attn_implementation("sdpa" if getattr(model.config, "alibi", False) else "eager")
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)
        if hasattr(model, "final_logits_bias"):
            model.final_logits_bias.copy_(torch.randn((1, VOCABULARY), generator=generator) * 0.3)
    return model


def pad_rows(rows, value):
    width = max(map(len, rows))
    return torch.tensor([row + [value] * (width - len(row)) for row in rows])


def random_rows(lengths, seed, end=False):
    generator = torch.Generator().manual_seed(seed)
    rows = [torch.randint(3, VOCABULARY, (length,), generator=generator).tolist() for length in lengths]
    return [row + [END] for row in rows] if end else rows


def inputs_of(model, seed):
    if model.config.is_encoder_decoder:
        source = random_rows([8, 5, 10], seed, end=True)
        target = random_rows([6, 7, 3], seed + 1, end=True)
        return {
            "input_ids": pad_rows(source, PAD),
            "attention_mask": pad_rows([[1] * len(row) for row in source], 0),
            "decoder_input_ids": pad_rows([[model.config.decoder_start_token_id] + row[:-1] for row in target], PAD),
            "labels": pad_rows(target, -100),
        }
    rows = random_rows([7, 11, 4], seed, end=True)
    labels = [[-100, -100] + row[2:] for row in rows]
    return {
        "input_ids": pad_rows(rows, PAD),
        "attention_mask": pad_rows([[1] * len(row) for row in rows], 0),
        "labels": pad_rows(labels, -100),
    }


def numbers(tensor):
    """Nested lists of float32 written with nine significant digits, which is exact."""
    if tensor.dim() == 0:
        return float(f"{tensor.item():.9g}")
    return [numbers(part) for part in tensor.detach().cpu()]


def parameters(model):
    """Each parameter once (tied ones under their first name), without what is not trained, by the names that files have."""
    names = {name: value for name, value in model.named_parameters() if value.requires_grad}
    if model.config.model_type == "gpt_neox":
        return {name.replace("lm_head.", "embed_out."): value for name, value in names.items()}
    return names


def run(name, folder, seed=11):
    model = build(name, seed)
    folder.mkdir(parents=True, exist_ok=True)
    model.generation_config.forced_eos_token_id = None
    model.save_pretrained(folder)
    save_as_published(name, folder)
    (folder / "generation_config.json").unlink(missing_ok=True)

    inputs = inputs_of(model, seed + 100)
    output = model(**inputs)
    output.loss.backward()
    smoother = LabelSmoother(epsilon=0.1)
    causal = not model.config.is_encoder_decoder
    gradients = {key: value.grad.clone().contiguous() for key, value in parameters(model).items()}
    norm = torch.sqrt(sum((gradient.double() ** 2).sum() for gradient in gradients.values()))
    expected = {
        "inputs": {key: value.tolist() for key, value in inputs.items()},
        "logits": numbers(output.logits),
        "loss": numbers(output.loss),
        "label_smoothed_loss_0.1": numbers(smoother(output, inputs["labels"], shift_labels=causal)),
        "gradient_norm": float(f"{norm.item():.9g}"),
    }
    if not causal:
        expected["encoder_last_hidden_state"] = numbers(output.encoder_last_hidden_state)
    save_file(published(name, gradients), folder / "gradients.safetensors")

    settings = {"lr": 1e-2, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}
    optimizer = torch.optim.AdamW(model.parameters(), foreach=False, **settings)
    steps = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = model(**inputs).loss
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        steps.append({"loss": numbers(loss), "gradient_norm": numbers(norm)})
    expected["adamw"] = {"settings": settings | {"max_gradient_norm": 1.0}, "steps": steps, "loss_after": numbers(model(**inputs).loss)}
    trained = {key: value.detach().clone().contiguous() for key, value in parameters(model).items()}
    save_file(published(name, trained), folder / "adamw.safetensors")
    (folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
    print(name, f"loss {expected['loss']:.4f} norm {expected['gradient_norm']:.3f}", [step["loss"] for step in steps])


if __name__ == "__main__":
    for model_name in sys.argv[2:] or MODELS:
        run(model_name, Path(sys.argv[1]) / model_name, SEEDS.get(model_name, 11))
