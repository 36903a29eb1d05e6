"""Fixtures for src/formats/safetensors*.ts, made by the reference library.

    python oracles/safetensors.py src/formats/fixtures

Writes three files:

- `types.safetensors`: one tensor of each common type, a scalar, an empty tensor, a Korean name and metadata.
  `half` and `brain` hold 16-bit values and `half.f32`, `brain.f32` the same values as torch converts them.
- `float.safetensors`: F32 tensors alone; our writer must produce exactly these bytes from the same values.
- `bitsandbytes.safetensors`: weights in 4 bits as bitsandbytes saves them (NF4, NF4 with double quantization, FP4), their
  numbers as it decodes them under `decoded.NAME`, and a tensor that is not quantized.
"""

import sys
from pathlib import Path

# This file shares its name with the library: keep its folder off the import path.
sys.path = [path for path in sys.path if Path(path or ".").resolve() != Path(__file__).resolve().parent]

import torch  # noqa: E402
from bitsandbytes.functional import dequantize_4bit, quantize_4bit  # noqa: E402
from safetensors.torch import save_file  # noqa: E402


def main(folder: Path) -> None:
    halves = torch.tensor([0, -0.0, 1, -2.5, 65504, 2**-24, 2**-14, 0.1, float("inf"), float("-inf")]).half()
    brains = torch.tensor([0, -0.0, 1, -2.5, 3e38, 1e-40, 0.1, float("inf"), float("-inf"), 1 / 3]).bfloat16()
    types = {
        "half": halves.reshape(2, 5),
        "half.f32": halves.float().reshape(2, 5),
        "brain": brains.reshape(5, 2),
        "brain.f32": brains.float().reshape(5, 2),
        "float": torch.arange(12, dtype=torch.float32).reshape(3, 4) / 7,
        "double": torch.tensor([1 / 3], dtype=torch.float64),
        "long": torch.tensor([[-1, 2**40], [0, 7]], dtype=torch.int64),
        "int": torch.tensor([-5, 5, 2**31 - 1], dtype=torch.int32),
        "byte": torch.tensor([0, 255, 3], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 4),
        "임베딩.가중치": torch.tensor([1.0, 2.0]),
    }
    save_file(types, folder / "types.safetensors", metadata={"format": "pt", "설명": "육수 🍲"})
    floats = {
        "model.embed.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 3,
        "model.norm.weight": torch.ones(3),
        "model.scale": torch.tensor(0.5),
    }
    save_file(floats, folder / "float.safetensors", metadata={"format": "pt"})
    save_file(four_bits(), folder / "bitsandbytes.safetensors", metadata={"format": "pt"})


def four_bits() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    tensors = {"norm.weight": torch.ones(8)}
    # 13 by 30 numbers are no whole number of blocks; 70 by 256 have more blocks than one nested block holds.
    for name, shape, kind, nested in [
        ("plain.weight", (13, 30), "nf4", False),
        ("nested.weight", (70, 256), "nf4", True),
        ("floating.weight", (8, 64), "fp4", False),
    ]:
        weight = torch.randn(shape, generator=generator)
        codes, state = quantize_4bit(weight, blocksize=64, quant_type=kind, compress_statistics=nested)
        tensors[name] = codes
        tensors |= {f"{name}.{key}": value.contiguous() for key, value in state.as_dict(packed=True).items()}
        tensors[f"decoded.{name}"] = dequantize_4bit(codes, state).contiguous()
    return tensors


if __name__ == "__main__":
    main(Path(sys.argv[1]))
