"""How many parameters the published configurations of `src/models/presets.json` have in the reference library.

    python oracles/parameter_counts.py src/models/presets.json src/models/fixtures/parameter-counts.json

Each configuration is instantiated on torch's meta device, which allocates nothing, as the class that its `architectures`
names; counted are the parameters that are trained, tied ones once. A table of positions that follows from a formula
(Pegasus) is none. The counts are compared with what was published before they are written.
"""

import json
import sys
from pathlib import Path

# Scripts here may have the names of installed packages: look among those first.
sys.path.append(sys.path.pop(0))

import torch
import transformers

# Exact where the weights or a paper say so: the safetensors headers of the model repositories, and the tables of the papers.
PUBLISHED = {
    "gpt1": 116_534_784,
    "gpt2": 124_439_808,
    "gpt2-medium": 354_823_168,
    "gpt2-large": 774_030_080,
    "gpt2-xl": 1_557_611_200,
    "llama-7b": 6_738_415_616,
    "llama-13b": 13_015_864_320,
    "llama-33b": 32_528_943_616,
    "llama-65b": 65_285_660_672,
    "llama-2-7b": 6_738_415_616,
    "llama-2-13b": 13_015_864_320,
    "llama-2-70b": 68_976_648_192,
    "llama-3-8b": 8_030_261_248,
    "llama-3-70b": 70_553_706_496,
    "mistral-7b": 7_241_732_096,
    "mixtral-8x7b": 46_702_792_704,
    "solar-10.7b": 10_731_524_096,
    "gemma-2b": 2_506_172_416,
    "gemma-7b": 8_537_680_896,
    "phi-3-mini": 3_821_079_552,
    "bloom-560m": 559_214_592,
    "bloom-176b": 176_247_271_424,
    "t5-small": 60_506_624,
    "t5-base": 222_903_552,
    "t5-large": 737_668_096,
    "mt5-small": 300_176_768,
    "bart-base": 139_420_416,
    "bart-large": 406_291_456,
    "mamba-130m": 129_135_360,
    "mamba-2.8b": 2_768_345_600,
}

# Named by their size alone: to within two hundredths.
ROUNDED = {
    "gpt3-175b": 175e9,
    "falcon-7b": 7e9,
    "falcon-40b": 41.3e9,
    "falcon-180b": 178.6e9,
    "bert-base": 110e6,
    "bert-large": 336e6,
    "mbert": 178e6,
    "kobart-base": 124e6,
    "mbart-50": 611e6,
    "pegasus-large": 568e6,
}


def count(name, json_configuration):
    model_type = json_configuration["model_type"]
    (architecture,) = json_configuration["architectures"]
    settings = {key: value for key, value in json_configuration.items() if key not in ("model_type", "architectures")}
    configuration = transformers.AutoConfig.for_model(model_type, **settings)
    with torch.device("meta"):
        model = getattr(transformers, architecture)(configuration)
    model.tie_weights()
    if json_configuration.get("tie_word_embeddings") is False:
        # transformers 5 ties mT5 whatever is said, and unties it where the weights hold a head of their own, as the published do.
        model.lm_head.weight = torch.nn.Parameter(torch.empty_like(model.lm_head.weight))
    total = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    if name in PUBLISHED:
        assert total == PUBLISHED[name], (name, total, PUBLISHED[name])
    else:
        assert abs(total / ROUNDED[name] - 1) < 0.02, (name, total, ROUNDED[name])
    return total


if __name__ == "__main__":
    presets = json.loads(Path(sys.argv[1]).read_text())
    assert set(presets) == set(PUBLISHED) | set(ROUNDED)
    counts = {}
    for preset, given in presets.items():
        counts[preset] = count(preset, given)
        print(preset, f"{counts[preset]:,}", flush=True)
    Path(sys.argv[2]).write_text(json.dumps(counts, indent=2) + "\n")
