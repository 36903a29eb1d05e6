"""PyTorch's side of bench/engine.ts: one training step for each line it reads.

usage: python torch_training.py WORKLOAD MODE        MODE: eager, compile, bf16, bf16-compile

Needs transformers for BART, and peft besides for low-rank adapters. Two threads, fused AdamW, scaled-dot-product attention, as a careful user of the stock CPU build writes it.
"""
import json
import resource
import sys
import time

import torch
import torch.nn.functional as F

work = json.loads(sys.argv[1])
mode = sys.argv[2]
torch.set_num_threads(2)
torch.manual_seed(0)
sizes = work["sizes"]
V, d, H, inner = sizes["vocabularySize"], sizes["width"], sizes["heads"], sizes["feedForwardWidth"]
parameters = []


def matrix(*shape):
    value = (torch.randn(*shape) * 0.02).requires_grad_()
    parameters.append(value)
    return value


def vector(size, value):
    made = torch.full((size,), value).requires_grad_()
    parameters.append(made)
    return made


def split(x):
    return x.view(x.shape[0], x.shape[1], H, d // H).transpose(1, 2)


def join(x):
    return x.transpose(1, 2).reshape(x.shape[0], x.shape[2], d)


def words(*shape):
    return (torch.rand(*shape) * torch.rand(*shape) * V).long()


if work["kind"] == "train-decoder":
    B, T = work["batch"], work["length"]
    half = d // H // 2
    angles = torch.arange(T, dtype=torch.float64)[:, None] * 10000.0 ** (-torch.arange(half, dtype=torch.float64)[None] / half)
    cos, sin = angles.cos().float(), angles.sin().float()
    embedding = matrix(V, d)
    layers = [
        dict(n1=vector(d, 1.0), q=matrix(d, d), k=matrix(d, d), v=matrix(d, d), o=matrix(d, d), n2=vector(d, 1.0),
             gate=matrix(inner, d), up=matrix(inner, d), down=matrix(d, inner))
        for _ in range(sizes["layers"])
    ]
    final, head = vector(d, 1.0), matrix(V, d)

    def rotate(x):
        a, b = x[..., :half], x[..., half:]
        return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)

    def loss_of(ids, targets):
        x = F.embedding(ids, embedding)
        for p in layers:
            h = F.rms_norm(x, (d,), p["n1"], 1e-5)
            q, k, v = rotate(split(F.linear(h, p["q"]))), rotate(split(F.linear(h, p["k"]))), split(F.linear(h, p["v"]))
            x = x + F.linear(join(F.scaled_dot_product_attention(q, k, v, is_causal=True)), p["o"])
            h = F.rms_norm(x, (d,), p["n2"], 1e-5)
            x = x + F.linear(F.silu(F.linear(h, p["gate"])) * F.linear(h, p["up"]), p["down"])
        logits = F.linear(F.rms_norm(x, (d,), final, 1e-5), head)
        return F.cross_entropy(logits.view(-1, V), targets.reshape(-1))

    def batch():
        ids = words(B, T + 1)
        return ids[:, :-1].contiguous(), ids[:, 1:].contiguous()

elif work["kind"] == "train-low-rank":
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    configuration = LlamaConfig(
        vocab_size=V, hidden_size=d, intermediate_size=inner, num_hidden_layers=sizes["layers"], num_attention_heads=H,
        max_position_embeddings=work["length"], rms_norm_eps=1e-5, tie_word_embeddings=False, attn_implementation="sdpa",
    )
    adapter = LoraConfig(r=work["rank"], lora_alpha=2 * work["rank"], target_modules=["q_proj", "v_proj"])
    model = get_peft_model(LlamaForCausalLM(configuration), adapter).train()
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]

    def loss_of(ids, targets):
        logits = model(input_ids=ids, use_cache=False).logits
        return F.cross_entropy(logits.view(-1, V), targets.reshape(-1))

    def batch():
        ids = words(work["batch"], work["length"] + 1)
        return ids[:, :-1].contiguous(), ids[:, 1:].contiguous()

else:
    from transformers import BartConfig, BartForConditionalGeneration

    configuration = BartConfig(
        vocab_size=V, d_model=d, encoder_layers=sizes["encoderLayers"], decoder_layers=sizes["decoderLayers"],
        encoder_attention_heads=H, decoder_attention_heads=H, encoder_ffn_dim=inner, decoder_ffn_dim=inner,
        max_position_embeddings=max(work["source"], work["target"]), dropout=0.0, attn_implementation="sdpa",
    )
    model = BartForConditionalGeneration(configuration).train()
    parameters = list(model.parameters())

    def loss_of(source, target):
        return model(input_ids=source, labels=target, use_cache=False).loss

    def batch():
        return words(work["batch"], work["source"]), words(work["batch"], work["target"])


optimizer = torch.optim.AdamW(parameters, lr=3e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
batches = [batch() for _ in range(4)]
half_precision = mode.startswith("bf16")
forward = torch.compile(loss_of) if mode.endswith("compile") else loss_of
print(json.dumps({"ready": True}), flush=True)
for step, _ in enumerate(sys.stdin, 1):
    start, before = time.perf_counter(), time.process_time()
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half_precision):
        loss = forward(*batches[step % 4])
    loss.backward()
    optimizer.step()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "value": loss.item(), "processor": time.process_time() - before, "peakBytes": peak}), flush=True)
