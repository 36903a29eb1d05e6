"""Hidden states of the tiny checkpoints in src/models/fixtures, behind the last norm: `hidden.json` beside each `expected.json`.

    python oracles/hidden_states.py src/models/fixtures

A folder without `expected.json`, or of a model that is an encoder alone, is left as it is. The inputs are those of `expected.json`.
"""

import json
import sys
from pathlib import Path

# `safetensors.py` of this folder is not the library.
sys.path.append(sys.path.pop(0))

import torch  # noqa: E402
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM  # noqa: E402


def rounded(values: torch.Tensor) -> list:
    return [[[float(f"{number:.7g}") for number in row] for row in rows] for rows in values.tolist()]


@torch.no_grad()
def hidden_states(folder: Path) -> torch.Tensor | None:
    if json.loads((folder / "config.json").read_text())["model_type"] == "exaone":
        # transformers has no such model: its fixture is Llama's under other names, as `oracles/llama_models.py` tells.
        return None
    configuration = AutoConfig.from_pretrained(folder)
    inputs = json.loads((folder / "expected.json").read_text())["inputs"]
    tensors = {name: torch.tensor(value) for name, value in inputs.items()}
    options = {"dtype": torch.float32}
    if configuration.is_encoder_decoder:
        model = AutoModelForSeq2SeqLM.from_pretrained(folder, **options).eval()
        names = ["input_ids", "attention_mask", "decoder_input_ids"]
        output = model(**{name: tensors[name] for name in names}, output_hidden_states=True)
        return output.decoder_hidden_states[-1]
    if configuration.model_type in ("bert", "roberta", "xlm-roberta", "xlm"):
        return None
    model = AutoModelForCausalLM.from_pretrained(folder, **options).eval()
    names = ["input_ids"] if configuration.model_type == "mamba" else ["input_ids", "attention_mask"]
    seen = []
    head = model.get_output_embeddings()
    # What the head reads: some models tell their hidden states before the last norm.
    head.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    model(**{name: tensors[name] for name in names})
    return seen[0]


for folder in sorted(Path(sys.argv[1]).iterdir()):
    if not (folder / "expected.json").exists():
        continue
    found = hidden_states(folder)
    if found is None:
        continue
    (folder / "hidden.json").write_text(json.dumps(rounded(found)) + "\n")
    print(folder.name, list(found.shape))
