"""The judge of bench/product-precision.ts: gradients in float64, and how far those of others are from them.

usage: python torch_gradients.py FOLDER NAME ...     each NAME.gradients holds float32 in the order of names.json
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
from transformers import LlamaForCausalLM

folder = Path(sys.argv[1])
torch.set_num_threads(2)
batch = torch.tensor(json.loads((folder / "batch.json").read_text()))
names = json.loads((folder / "names.json").read_text())


def gradients(dtype):
    model = LlamaForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="eager")
    if dtype == torch.float64:  # What is kept in float32 by itself: angles, and the norms' way through float32.
        rotary = model.model.rotary_emb
        width = model.config.hidden_size // model.config.num_attention_heads
        rotary.inv_freq = 10000.0 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)

        def forward(x, position_ids, **_):
            angles = position_ids[:, :, None].double() * rotary.inv_freq
            angles = torch.cat([angles, angles], -1)
            return angles.cos(), angles.sin()

        rotary.forward = forward
        for module in model.modules():
            if type(module).__name__ == "LlamaRMSNorm":
                module.forward = lambda x, m=module: m.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + m.variance_epsilon))
    logits = model(batch[:, :-1]).logits
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
    loss.backward()
    found = dict(model.named_parameters())
    return [found[name].grad.double().numpy().ravel() for name in names]


def report(name, found):
    apart = [np.linalg.norm(a - b) for a, b in zip(found, exact)]
    sizes = [np.linalg.norm(b) for b in exact]
    worst = max(range(len(names)), key=lambda i: apart[i] / sizes[i])
    whole = np.linalg.norm(apart) / np.linalg.norm(sizes)
    print(f"{name:18} {whole:.2e} of all gradients, at worst {apart[worst] / sizes[worst]:.2e} ({names[worst]})")


exact = gradients(torch.float64)
report("PyTorch float32", gradients(torch.float32))
for name in sys.argv[2:]:
    data = np.fromfile(folder / f"{name}.gradients", dtype=np.float32).astype(np.float64)
    cuts = np.cumsum([len(one) for one in exact])[:-1]
    report(name, np.split(data, cuts))
