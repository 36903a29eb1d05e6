"""Opens model folders that this project wrote with the reference library, and compares what it computes.

    npm run build
    node oracles/save_models.mjs SAVED src/models/fixtures/mistral …
    python oracles/load_saved.py SAVED/mistral …

A folder holds `config.json`, `model.safetensors` and `expected.json`: `inputs` as the model takes them, and `logits`, nested or as
`{shape, data}`, or what else an encoder says (`hidden`, `pooled`, `nextSentence`). The class is the one that `architectures` names. Says the largest difference at places that are no padding, and fails where
it is beyond 1e-5, where a tensor is missing, new or of another shape, or where saving the model again would write another
`model_type`. EXAONE 3 is no part of the library: it is opened as the Llama that it is (`oracles/llama_models.py`).
"""

import json
import sys
from pathlib import Path

# Scripts here may have the names of installed packages: look among those first.
sys.path.append(sys.path.pop(0))

import torch
import transformers
from llama_models import EXAONE_FIELDS, EXAONE_TENSORS
from safetensors.torch import load_file
from transformers.utils import logging

torch.set_num_threads(1)
logging.set_verbosity_error()
logging.disable_progress_bar()
TOLERANCE = 1e-5
OUTPUTS = {
    "logits": ("logits", "prediction_logits"),
    "nextSentence": ("seq_relationship_logits",),
    "hidden": ("last_hidden_state",),
    "pooled": ("pooler_output",),
}


def open_exaone(folder, config):
    """Under the names of Llama, the longer of which contain shorter ones."""
    fields = {theirs: ours for ours, theirs in EXAONE_FIELDS.items()}
    config = {fields.get(key, key): value for key, value in config.items()}
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**{key: value for key, value in config.items() if key != "model_type"}))
    tensors = {}
    for key, value in load_file(folder / "model.safetensors").items():
        for ours, theirs in reversed(EXAONE_TENSORS.items()):
            key = key.replace(theirs, ours)
        tensors[key] = value
    missing, unexpected = model.load_state_dict(tensors, strict=False)
    tied = {"lm_head.weight"} if config["tie_word_embeddings"] else set()
    model.tie_weights()
    return model, {"missing_keys": set(missing) - tied, "unexpected_keys": set(unexpected)}


def open_model(folder):
    config = json.loads((folder / "config.json").read_text())
    if config["model_type"] == "exaone":
        return open_exaone(folder, config)
    (architecture,) = config["architectures"]
    return getattr(transformers, architecture).from_pretrained(folder, output_loading_info=True, attn_implementation=attention_of(config))


def attention_of(config):
    # Written out, Falcon's attention adds ALiBi twice.
    return "sdpa" if config.get("alibi") else "eager"


def expected_logits(value):
    return torch.tensor(value["data"]).reshape(value["shape"]) if isinstance(value, dict) else torch.tensor(value)


def problems(folder):
    model, info = open_model(folder)
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs"):
        if info.get(kind):
            yield f"{kind}: {sorted(map(str, info[kind]))[:5]}"
    expected = json.loads((folder / "expected.json").read_text())
    inputs = {key: torch.tensor(value) for key, value in expected["inputs"].items() if key != "labels"}
    with torch.no_grad():
        output = model.eval()(**inputs)
    largest = {}
    for name, keys in OUTPUTS.items():
        if name not in expected:
            continue
        wanted = expected_logits(expected[name])
        found = next((output[key] for key in keys if output.get(key) is not None), None)
        if name == "nextSentence" and found is None:
            found = output.logits
        # A body is said of by a model without a head alone.
        if found is None and name in ("hidden", "pooled"):
            continue
        if found is None or found.shape != wanted.shape:
            yield f"{name} of {found if found is None else list(found.shape)}, expected {list(wanted.shape)}"
            continue
        difference = (found - wanted).abs()
        if not model.config.is_encoder_decoder and found.dim() == 3:
            difference = difference[inputs["attention_mask"].bool()]
        largest[name] = difference.max().item()
        if not difference.max() < TOLERANCE:
            yield f"{name} differ by {difference.max().item():.3g}"
    if not largest:
        yield "nothing was compared"
    print(f"{folder.name}: {type(model).__name__},", ", ".join(f"{name} differ by at most {value:.2g}" for name, value in largest.items()))
    said = json.loads((folder / "config.json").read_text())["model_type"]
    if said != "exaone" and model.config.to_dict()["model_type"] != said:
        yield f"model_type {said} is read as {model.config.to_dict()['model_type']}"


if __name__ == "__main__":
    found = [f"{folder}: {problem}" for folder in map(Path, sys.argv[1:]) for problem in problems(folder)]
    for problem in found:
        print(problem)
    sys.exit(1 if found else 0)
