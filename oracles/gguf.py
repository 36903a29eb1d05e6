"""Blocks of GGUF tensor types, as the reference library packs and unpacks them.

    python oracles/gguf.py src/formats/gguf/fixtures

Needs `pip install gguf` (https://github.com/ggml-org/llama.cpp/tree/master/gguf-py). Writes `blocks.safetensors`: for Q4_0, Q5_0 and Q8_0
`<type>.values` and the bytes `<type>.packed` that the library makes of them; for all types `<type>.bytes` and the numbers
`<type>.numbers` that it reads from them.
"""

import sys
from pathlib import Path

# This file shares its name with the library: keep its folder off the import path.
sys.path = [path for path in sys.path if Path(path or ".").resolve() != Path(__file__).resolve().parent]

import numpy as np  # noqa: E402
from gguf import GGMLQuantizationType as Type  # noqa: E402
from gguf.quants import dequantize, quantize  # noqa: E402
from safetensors.numpy import save_file  # noqa: E402


def main(folder: Path) -> None:
    random = np.random.default_rng(7)
    tensors: dict[str, np.ndarray] = {}
    # Ordinary rows, zeros, one large number, tiny numbers, numbers of one sign and steps that fall between two codes.
    rows = random.normal(0, 0.04, (8, 256)).astype(np.float32)
    rows[1] = 0
    rows[2, 17] = -9.5
    rows[3] *= 1e-6
    rows[4] = np.abs(rows[4]) + 0.1
    rows[5] = np.linspace(-1, 1, 256, dtype=np.float32)
    rows[6, ::2] = 0
    for type in (Type.Q4_0, Type.Q5_0, Type.Q8_0):
        packed = quantize(rows, type)
        tensors[f"{type.name}.values"] = rows
        tensors[f"{type.name}.packed"] = packed
        tensors[f"{type.name}.bytes"] = packed
        tensors[f"{type.name}.numbers"] = dequantize(packed, type)
    for type, size, halves in ((Type.Q4_K, 144, (0, 2)), (Type.Q6_K, 210, (208,))):
        blocks = random.integers(0, 256, (4, size), dtype=np.uint8)
        for at in halves:
            scale = random.normal(0, 0.01, 4).astype(np.float16)
            blocks[:, at : at + 2] = scale.view(np.uint8).reshape(4, 2)
        tensors[f"{type.name}.bytes"] = blocks
        tensors[f"{type.name}.numbers"] = dequantize(blocks, type)
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, folder / "blocks.safetensors")


main(Path(sys.argv[1]))
