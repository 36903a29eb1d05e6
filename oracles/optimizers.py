"""Weights after several steps of the reference optimizers, from given gradients.

    python oracles/optimizers.py src/train/optimizers/fixtures

Writes `optimizers.json`: for each optimizer its settings, and for a matrix and a vector the start, the gradients of every step
and the weights after every step. torch.optim.SGD and RAdam, transformers' Adafactor, bitsandbytes' AdamW8bit (for parameters as
small as these, its float32); Lion and Lookahead, which neither library has, are written out below from their papers.

Writes `adamw-8-bit.json`: bitsandbytes' AdamW8bit on a vector of three blocks, with the codes and scales of its state after
every step; arrays are little-endian bytes in base64.
"""

import base64
import json
import sys
from pathlib import Path

sys.path.append(sys.path.pop(0))

import bitsandbytes
import torch
from bitsandbytes.backends.cpu import ops as bitsandbytes_cpu
from bitsandbytes.functional import create_dynamic_map
from transformers.optimization import Adafactor

STEPS = 14
torch.manual_seed(5)
start = [torch.randn(5, 7), torch.randn(9)]
gradients = [[torch.randn(5, 7) * 0.3 + 0.1, torch.randn(9) * 0.3 - 0.05] for _ in range(STEPS)]


class Lion(torch.optim.Optimizer):
    """Chen et al., 2023, algorithm 2."""

    def __init__(self, params, lr, betas, weight_decay):
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                state = self.state[p]
                m = state.setdefault("m", torch.zeros_like(p))
                update = (beta1 * m + (1 - beta1) * p.grad).sign()
                p.copy_(p * (1 - group["lr"] * group["weight_decay"]) - group["lr"] * update)
                m.copy_(beta2 * m + (1 - beta2) * p.grad)


class Lookahead:
    """Zhang et al., 2019, algorithm 1."""

    def __init__(self, inner, every, share):
        self.inner, self.every, self.share, self.count = inner, every, share, 0
        self.parameters = [p for group in inner.param_groups for p in group["params"]]
        self.slow = [p.detach().clone() for p in self.parameters]

    @torch.no_grad()
    def step(self):
        self.inner.step()
        self.count += 1
        if self.count % self.every == 0:
            for slow, p in zip(self.slow, self.parameters):
                slow.add_(self.share * (p - slow))
                p.copy_(slow)


def radam(params):
    return torch.optim.RAdam(params, lr=0.02, betas=(0.9, 0.95), eps=1e-6, weight_decay=0.1, decoupled_weight_decay=True)


def quantize(values, code, scales, codes, block):
    """The nearest code to each value as a share of its block's largest.

    Put in place of what bitsandbytes 0.50 does without a GPU, which takes everything below 1.6e-5 for the same code; its CUDA
    kernels look for the nearest one.
    """
    for index, start in enumerate(range(0, values.numel(), block)):
        part = values[start : start + block].double()
        scales[index] = part.abs().max()
        exact = code.double()
        shares = part / max(scales[index].item(), 1e-300)
        codes[start : start + block] = torch.bucketize(shares, (exact[1:] + exact[:-1]) / 2).to(torch.uint8)


bitsandbytes_cpu._quant_blockwise_fp32_direct = quantize


CASES = {
    "adamw-8bit": lambda p: bitsandbytes.optim.AdamW8bit(p, lr=0.02, betas=(0.9, 0.95), eps=1e-6, weight_decay=0.1),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    "sgd-nesterov": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8, nesterov=True),
    "radam": radam,
    "lion": lambda p: Lion(p, lr=0.01, betas=(0.9, 0.99), weight_decay=0.1),
    "ranger": lambda p: Lookahead(radam(p), 6, 0.5),
    "adafactor": lambda p: Adafactor(p, lr=0.02, relative_step=False, scale_parameter=False, weight_decay=0.1),
    "adafactor-scaled": lambda p: Adafactor(p, lr=0.02, relative_step=False, scale_parameter=True, weight_decay=0.1),
}


def eight_bits():
    """Two whole blocks and a part of one: even gradients; ones of all sizes, some always zero; small ones with an outlier."""
    generator = torch.Generator().manual_seed(8)
    length, steps = 600, 12
    sizes = 10 ** (-6 * torch.rand(256, generator=generator))
    sizes[::7] = 0
    parameter = torch.nn.Parameter(torch.randn(length, generator=generator))
    optimizer = bitsandbytes.optim.AdamW8bit(
        [parameter], lr=0.02, betas=(0.9, 0.95), eps=1e-6, weight_decay=0.1, min_8bit_size=0
    )
    text = lambda tensor: base64.b64encode(tensor.detach().numpy().tobytes()).decode()
    values = {f"{name}Values": text(create_dynamic_map(signed=name == "signed")) for name in ("signed", "unsigned")}
    written = {**values, "start": text(parameter), "steps": []}
    for step in range(steps):
        gradient = torch.randn(length, generator=generator) * 0.3 + 0.1
        gradient[256:512] *= sizes
        gradient[512:] *= 1e-3
        if step == 4:
            gradient[530] = 50
        parameter.grad = gradient
        optimizer.step()
        state = optimizer.state[parameter]
        arrays = {
            "gradient": gradient,
            "weights": parameter,
            "mean": state["state1"],
            "square": state["state2"],
            "meanScales": state["absmax1"],
            "squareScales": state["absmax2"],
        }
        written["steps"].append({name: text(tensor) for name, tensor in arrays.items()})
    return written


def main(folder):
    flat = lambda tensors: [tensor.detach().flatten().tolist() for tensor in tensors]
    results = {}
    for name, create in CASES.items():
        parameters = [torch.nn.Parameter(tensor.clone()) for tensor in start]
        optimizer = create(parameters)
        weights = []
        for step in gradients:
            for parameter, gradient in zip(parameters, step):
                parameter.grad = gradient.clone()
            optimizer.step()
            weights.append(flat(parameters))
        results[name] = weights
    written = {
        "shapes": [list(tensor.shape) for tensor in start],
        "start": flat(start),
        "gradients": [flat(step) for step in gradients],
        "weights": results,
    }
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    (path / "optimizers.json").write_text(json.dumps(written) + "\n")
    (path / "adamw-8-bit.json").write_text(json.dumps(eight_bits()) + "\n")


main(sys.argv[1])
