"""Tiny random encoders with everything the reference computes from them.

    python oracles/encoder_models.py src/models/fixtures [bert-masked roberta-classifier …]

For each model, or those named, a folder as `oracles/models.py` writes it. `expected.json` has the inputs, what the model says of them (`hidden`,
`pooled`, `logits`, `nextSentence`, as far as it says so) and, where the model is trained, loss, gradient norm and three steps of AdamW, with
`gradients.safetensors` and `adamw.safetensors`. Everything in float32 without dropout.
"""

import json
import sys
from pathlib import Path

# Scripts here may have the names of installed packages: look among those first.
sys.path.append(sys.path.pop(0))

import torch
import transformers
from models import PAD, VOCABULARY, numbers, pad_rows, parameters, random_rows
from safetensors.torch import save_file

torch.set_num_threads(1)


def sizes(**changes):
    return dict(
        vocab_size=VOCABULARY,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=4,
        intermediate_size=24,
        max_position_embeddings=24,
        type_vocab_size=2,
        initializer_range=0.3,
        pad_token_id=PAD,
    ) | changes


ROBERTA = {"type_vocab_size": 1, "layer_norm_eps": 1e-5, "bos_token_id": 0, "eos_token_id": 2}
LABELS = {"id2label": {0: "기쁨", 1: "슬픔", 2: "화"}, "label2id": {"기쁨": 0, "슬픔": 1, "화": 2}}

XLM = {
    "vocab_size": VOCABULARY,
    "emb_dim": 16,
    "n_layers": 1,
    "n_heads": 4,
    "max_position_embeddings": 24,
    "n_langs": 3,
    "lang2id": {"ko": 0, "en": 1, "ja": 2},
    "id2lang": {0: "ko", 1: "en", 2: "ja"},
    "embed_init_std": 0.3,
    "init_std": 0.3,
    "pad_token_id": PAD,
}

# The class, its sizes, and whether it is trained.
MODELS = {
    "bert": ("BertModel", sizes(), False),
    "bert-masked": ("BertForMaskedLM", sizes(num_hidden_layers=2), True),
    "bert-pretraining": ("BertForPreTraining", sizes(hidden_act="gelu_new"), False),
    "bert-next-sentence": ("BertForNextSentencePrediction", sizes(), True),
    "bert-classifier": ("BertForSequenceClassification", sizes(**LABELS), True),
    "bert-tokens": ("BertForTokenClassification", sizes(**LABELS), True),
    "roberta": ("RobertaModel", sizes(**ROBERTA), False),
    "roberta-masked": ("RobertaForMaskedLM", sizes(num_hidden_layers=2, **ROBERTA), True),
    "roberta-classifier": ("RobertaForSequenceClassification", sizes(**ROBERTA, **LABELS), True),
    "xlm-roberta-masked": ("XLMRobertaForMaskedLM", sizes(**ROBERTA), False),
    "xlm": ("XLMModel", XLM | {"n_langs": 1, "gelu_activation": False}, False),
    "xlm-masked": ("XLMWithLMHeadModel", XLM | {"n_layers": 2}, True),
    "xlm-tokens": ("XLMForTokenClassification", XLM | LABELS, False),
    "xlm-roberta-tokens": ("XLMRobertaForTokenClassification", sizes(**ROBERTA, **LABELS), True),
}


def build(name, seed):
    """The model with seeded weights; biases and norms get noise too, so that an ignored one shows."""
    class_name, settings, _ = MODELS[name]
    kind = getattr(transformers, class_name)
    torch.manual_seed(seed)
    model = kind(kind.config_class(**settings)).eval()
    model.set_attn_implementation("eager")
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)
    return model


def inputs_of(model, class_name, seed):
    rows = random_rows([8, 5, 10], seed, end=True)
    is_xlm = class_name.startswith("XLM") and not class_name.startswith("XLMRoberta")
    # XLM adds embeddings of words for token types: it is given languages alone.
    second = (model.config.n_langs if is_xlm else model.config.type_vocab_size) - 1
    parts = pad_rows([[0] * 3 + [second] * (len(row) - 3) for row in rows], 0)
    inputs = {
        "input_ids": pad_rows(rows, PAD),
        "attention_mask": pad_rows([[1] * len(row) for row in rows], 0),
    }
    if not is_xlm:
        inputs["token_type_ids"] = parts
    elif second > 0:
        inputs["langs"] = parts
    generator = torch.Generator().manual_seed(seed + 1)
    draw = lambda count, bound: torch.randint(bound, (count,), generator=generator).tolist()
    if class_name.endswith(("ForSequenceClassification", "ForNextSentencePrediction")):
        inputs["labels"] = torch.tensor(draw(3, 3 if "Sequence" in class_name else 2))
    elif class_name.endswith("ForTokenClassification"):
        inputs["labels"] = pad_rows([draw(len(row) - 1, 3) + [-100] for row in rows], -100)
    elif class_name.endswith(("ForMaskedLM", "WithLMHeadModel")):
        # Every third token is to be told, the first two of those behind a mask (token 3).
        labels = [[token if index % 3 == 1 else -100 for index, token in enumerate(row)] for row in rows]
        for row in inputs["input_ids"]:
            row[1], row[4] = 3, 3
        inputs["labels"] = pad_rows(labels, -100)
    return inputs


def run(name, folder, seed=11):
    class_name, _, trained = MODELS[name]
    model = build(name, seed)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    inputs = inputs_of(model, class_name, seed + 100)
    given = {key: value for key, value in inputs.items() if key != "labels"}
    body = model.base_model
    base = body(**given)
    expected = {
        "inputs": {key: value.tolist() for key, value in inputs.items()},
        "hidden": numbers(base.last_hidden_state),
    }
    if getattr(base, "pooler_output", None) is not None:
        expected["pooled"] = numbers(base.pooler_output)
    if body is not model:
        output = model(**given)
        if class_name == "BertForPreTraining":
            expected |= {"logits": numbers(output.prediction_logits), "nextSentence": numbers(output.seq_relationship_logits)}
        else:
            expected["nextSentence" if "NextSentence" in class_name else "logits"] = numbers(output.logits)
    if trained:
        loss = model(**inputs).loss
        loss.backward()
        gradients = {key: value.grad.clone().contiguous() for key, value in parameters(model).items()}
        norm = torch.sqrt(sum((gradient.double() ** 2).sum() for gradient in gradients.values()))
        expected |= {"loss": numbers(loss), "gradient_norm": float(f"{norm.item():.9g}")}
        save_file(gradients, folder / "gradients.safetensors")
        settings = {"lr": 1e-2, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}
        optimizer = torch.optim.AdamW(model.parameters(), foreach=False, **settings)
        steps = []
        for _ in range(3):
            optimizer.zero_grad()
            loss = model(**inputs).loss
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            steps.append({"loss": numbers(loss), "gradient_norm": numbers(norm)})
        after = numbers(model(**inputs).loss)
        expected["adamw"] = {"settings": settings | {"max_gradient_norm": 1.0}, "steps": steps, "loss_after": after}
        save_file({key: value.detach().clone().contiguous() for key, value in parameters(model).items()}, folder / "adamw.safetensors")
    (folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
    print(name, {key: value for key, value in expected.items() if key in ("loss", "gradient_norm")})


if __name__ == "__main__":
    for model_name in sys.argv[2:] or MODELS:
        run(model_name, Path(sys.argv[1]) / model_name)
