"""PyTorch's side of bench/engine.ts: for each line it reads, one text is written or one prompt is read.

usage: python torch_decoding.py WORKLOAD MODE        MODE: eager, compile, bf16

A cache of keys and values that is allocated once and written in place, two threads, inference mode.
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
V, d, H, inner, L = sizes["vocabularySize"], sizes["width"], sizes["heads"], sizes["feedForwardWidth"], sizes["layers"]
dtype = torch.bfloat16 if mode == "bf16" else torch.float32
prompt = work["prompt"] if work["kind"] == "decode" else work["length"]
count = work["tokens"] if work["kind"] == "decode" else 1
longest = prompt + count
half = d // H // 2
angles = torch.arange(longest, dtype=torch.float64)[:, None] * 10000.0 ** (-torch.arange(half, dtype=torch.float64)[None] / half)
cos, sin = angles.cos().to(dtype), angles.sin().to(dtype)


def matrix(*shape):
    return (torch.randn(*shape) * 0.02).to(dtype)


embedding, head, final = matrix(V, d), matrix(V, d), torch.ones(d, dtype=dtype)
layers = [
    dict(n1=torch.ones(d, dtype=dtype), q=matrix(d, d), k=matrix(d, d), v=matrix(d, d), o=matrix(d, d),
         n2=torch.ones(d, dtype=dtype), gate=matrix(inner, d), up=matrix(inner, d), down=matrix(d, inner))
    for _ in range(L)
]
keys = [torch.zeros(1, H, longest, d // H, dtype=dtype) for _ in range(L)]
values = [torch.zeros(1, H, longest, d // H, dtype=dtype) for _ in range(L)]


def split(x):
    return x.view(1, x.shape[1], H, d // H).transpose(1, 2)


def rotate(x, start, end):
    a, b = x[..., :half], x[..., half:]
    c, s = cos[start:end], sin[start:end]
    return torch.cat([a * c - b * s, b * c + a * s], -1)


def forward(ids, start):
    end = start + ids.shape[1]
    x = F.embedding(ids, embedding)
    for p, key, value in zip(layers, keys, values):
        h = F.rms_norm(x, (d,), p["n1"], 1e-5)
        q = rotate(split(F.linear(h, p["q"])), start, end)
        key[:, :, start:end] = rotate(split(F.linear(h, p["k"])), start, end)
        value[:, :, start:end] = split(F.linear(h, p["v"]))
        a = F.scaled_dot_product_attention(q, key[:, :, :end], value[:, :, :end], is_causal=start == 0 and end > 1)
        x = x + F.linear(a.transpose(1, 2).reshape(1, -1, d), p["o"])
        h = F.rms_norm(x, (d,), p["n2"], 1e-5)
        x = x + F.linear(F.silu(F.linear(h, p["gate"])) * F.linear(h, p["up"]), p["down"])
    return F.linear(F.rms_norm(x[:, -1:], (d,), final, 1e-5), head).argmax(-1)


step = torch.compile(forward, dynamic=True) if mode == "compile" else forward
ids = torch.arange(prompt)[None] * 7919 % V
print(json.dumps({"ready": True}), flush=True)
with torch.inference_mode():
    for _ in sys.stdin:
        start, before = time.perf_counter(), time.process_time()
        token = step(ids, 0)
        began = time.perf_counter() if work["kind"] == "decode" else start
        if work["kind"] == "decode":
            for place in range(prompt, prompt + count - 1):
                token = step(token, place)
        seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"seconds": seconds, "processor": time.process_time() - before, "peakBytes": peak}), flush=True)
