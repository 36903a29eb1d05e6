"""A LoRA adapter by PEFT on a tiny decoder of `models.py`, with everything the reference computes from it.

    python oracles/lora.py src/models/fixtures/llama src/adapters/fixtures/lora q_proj v_proj
    python oracles/lora.py src/models/fixtures/gpt2 src/adapters/fixtures/lora-gpt2 c_attn c_proj

Needs peft besides what `models.py` needs. The folder is the adapter as PEFT saves it (`adapter_config.json`,
`adapter_model.safetensors`), `expected.json` (inputs, logits, loss, gradient norm, losses and norms of three AdamW steps),
`gradients.safetensors` (of every A and B, under PEFT's names) and `adamw.safetensors` (the adapter after those three steps). B is random, not
zeros: nothing would flow to A. Everything in float32 without dropout.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

# Scripts here may have the names of installed packages: look among those first.
sys.path.append(sys.path.pop(0))

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

from models import inputs_of, numbers

torch.set_num_threads(1)


def adapter(model):
    """The adapter's parameters under the names of PEFT's file."""
    return {name.replace(".default", ""): value for name, value in model.named_parameters() if value.requires_grad}


def main(base, folder, targets, seed=23):
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    plain = AutoModelForCausalLM.from_pretrained(base, attn_implementation="eager").eval()
    model = get_peft_model(plain, LoraConfig(r=4, lora_alpha=8, target_modules=targets, task_type="CAUSAL_LM"))
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for name, value in adapter(model).items():
            if "lora_B" in name:
                value.copy_(torch.randn(value.shape, generator=generator) * 0.1)
    model.eval()

    with tempfile.TemporaryDirectory() as scratch:
        model.peft_config["default"].base_model_name_or_path = base.name
        model.save_pretrained(scratch)
        for name in ["adapter_config.json", "adapter_model.safetensors"]:
            shutil.copy(Path(scratch) / name, folder / name)

    inputs = inputs_of(plain, seed + 100)
    output = model(**inputs)
    output.loss.backward()
    gradients = {name: value.grad.clone().contiguous() for name, value in adapter(model).items()}
    norm = torch.sqrt(sum((gradient.double() ** 2).sum() for gradient in gradients.values()))
    save_file(gradients, folder / "gradients.safetensors")
    expected = {
        "inputs": {key: value.tolist() for key, value in inputs.items()},
        "logits": numbers(output.logits),
        "loss": numbers(output.loss),
        "gradient_norm": float(f"{norm.item():.9g}"),
    }

    settings = {"lr": 1e-2, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}
    parameters = list(adapter(model).values())
    optimizer = torch.optim.AdamW(parameters, foreach=False, **settings)
    steps = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = model(**inputs).loss
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        steps.append({"loss": numbers(loss), "gradient_norm": numbers(norm)})
    expected["adamw"] = {"settings": settings | {"max_gradient_norm": 1.0}, "steps": steps, "loss_after": numbers(model(**inputs).loss)}
    save_file({name: value.detach().clone().contiguous() for name, value in adapter(model).items()}, folder / "adamw.safetensors")
    (folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
    print(f"loss {expected['loss']:.4f} norm {expected['gradient_norm']:.3f}", [step["loss"] for step in steps])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
