"""What transformers' `generate()` answers with the tiny checkpoints of `oracles/models.py`.

    python oracles/generation_models.py src/models/fixtures [bart mbart llama]

Writes `generation.json` beside each checkpoint: the inputs (rows without padding), and for each case the options in our
names, the sequences (what was generated, without prompt and padding) and, for beams, their scores. The end of sequence
token is the one that makes the rows end at the most different lengths. Cases in which the
batch in float32 and its rows one by one in float64 disagree are left out.
"""

import json
import sys
from pathlib import Path

# Scripts here may have the names of installed packages: look among those first.
sys.path.append(sys.path.pop(0))

import torch
from llama_models import LLAMA_MODELS, SEEDS
from models import PAD, build, pad_rows, random_rows
from transformers import GenerationConfig
from transformers.utils import logging

torch.set_num_threads(1)
logging.set_verbosity_error()

NAMES = {
    "maxNewTokens": "max_new_tokens",
    "minNewTokens": "min_new_tokens",
    "numBeams": "num_beams",
    "numReturnSequences": "num_return_sequences",
    "lengthPenalty": "length_penalty",
    "earlyStopping": "early_stopping",
    "noRepeatNgramSize": "no_repeat_ngram_size",
    "repetitionPenalty": "repetition_penalty",
    "forcedBosTokenId": "forced_bos_token_id",
    "forcedEosTokenId": "forced_eos_token_id",
    "maxLength": "max_length",
    "minLength": "min_length",
}


def cases(encoder_decoder):
    greedy = [
        {},
        {"noRepeatNgramSize": 2},
        {"noRepeatNgramSize": 3, "repetitionPenalty": 1.3},
        {"minNewTokens": 8},
        {"repetitionPenalty": 1.5, "minNewTokens": 5},
    ]
    beams = [
        {"lengthPenalty": penalty, "earlyStopping": early, **more}
        for penalty in (0.6, 1.0, 2.0)
        for early, more in ((True, {}), (False, {"noRepeatNgramSize": 2}), ("never", {"noRepeatNgramSize": 3}))
    ]
    beams += [
        {"numReturnSequences": 4, "earlyStopping": True},
        {"minNewTokens": 6, "numReturnSequences": 2},
        {"repetitionPenalty": 1.2, "noRepeatNgramSize": 2, "lengthPenalty": 0.0},
        {"lengthPenalty": -0.5, "earlyStopping": "never"},
    ]
    forced = [{"forcedEosTokenId": "end"}, {"numBeams": 4, "forcedEosTokenId": "end", "noRepeatNgramSize": 3}]
    if encoder_decoder:
        forced += [{"forcedBosTokenId": 17}, {"numBeams": 4, "forcedBosTokenId": 17, "maxLength": 9, "minLength": 4}]
    return greedy + [{"numBeams": 4} | case for case in beams] + forced


def generate(model, inputs, options, end):
    options = {name: end if value == "end" else value for name, value in options.items()}
    if "maxLength" not in options:
        options["maxNewTokens"] = 14
    config = GenerationConfig(eos_token_id=end, pad_token_id=PAD, decoder_start_token_id=model.config.decoder_start_token_id if model.config.is_encoder_decoder else None)
    for name, value in options.items():
        setattr(config, NAMES[name], value)
    beams = options.get("numBeams", 1) > 1
    with torch.no_grad():
        output = model.generate(**inputs, generation_config=config, return_dict_in_generate=True, output_scores=True)
    sequences = []
    for row in output.sequences.tolist():
        if not model.config.is_encoder_decoder:
            row = row[inputs["input_ids"].shape[1] :]
        begin = 1 if model.config.is_encoder_decoder else 0
        stop = row.index(end, begin) + 1 if end in row[begin:] else len(row)
        sequences.append(row[begin:stop])
    return options, sequences, output.sequences_scores.tolist() if beams else None


def run(name, folder, seed=11):
    model, exact = build(name, seed), build(name, seed).double()
    encoder_decoder = model.config.is_encoder_decoder
    for candidate in (model, exact):
        candidate.generation_config = GenerationConfig()
    rows = random_rows([8, 5, 10] if encoder_decoder else [5, 9, 2], seed + 300)
    if encoder_decoder:
        inputs = {"input_ids": pad_rows(rows, PAD), "attention_mask": pad_rows([[1] * len(row) for row in rows], 0)}
    else:
        width = max(map(len, rows))
        inputs = {
            "input_ids": torch.tensor([[PAD] * (width - len(row)) + row for row in rows]),
            "attention_mask": torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows]),
        }
    all_cases = cases(encoder_decoder)
    is_variant = name in LLAMA_MODELS
    if is_variant:
        # The search is the same whatever model it asks: a few show that the cache is right.
        all_cases = [all_cases[index] for index in (0, 3, 9)]
    alone = [{"input_ids": torch.tensor([row]), "attention_mask": torch.ones(1, len(row), dtype=torch.long)} for row in rows]
    # GPT counts padding as positions there, LongRoPE turns all rows by the longest, and Mamba's biases make something of padding: their rows
    # are given one by one.
    isolated = model.config.model_type == "openai-gpt" or name in ("phi3-longrope", "mamba-biases")
    batches = alone if isolated else [inputs]

    def answer(case, end):
        parts = [generate(model, batch, case, end) for batch in batches]
        scores = [score for part in parts for score in part[2] or []]
        return parts[0][0], [row for part in parts for row in part[1]], scores

    def variety(end):
        found = [answer(case, end)[1] for case in all_cases[:9]]
        return sum(len({len(row) for row in sequences}) for sequences in found)

    # Without a cache every step reads the whole row: a few will do.
    end = max(range(3, model.config.vocab_size, 7 if isolated or is_variant else 1), key=variety)
    results = []
    for case in all_cases:
        options, sequences, scores = answer(case, end)
        if sequences != [row for one in alone for row in generate(exact, one, case, end)[1]]:
            print(name, "left out, float64 disagrees:", case)
            continue
        result = {"options": options, "sequences": sequences}
        if scores:
            result["scores"] = [float(f"{score:.9g}") for score in scores]
        results.append(result)
    shared = {"eosTokenId": end, "padTokenId": PAD}
    if encoder_decoder:
        shared["decoderStartTokenId"] = model.config.decoder_start_token_id
    text = ",\n".join(json.dumps(result, separators=(",", ":")) for result in results)
    head = json.dumps({"inputs": rows, "shared": shared}, separators=(",", ":"))[:-1]
    (folder / "generation.json").write_text(f'{head},"cases":[\n{text}\n]}}\n')
    lengths = [[len(row) for row in result["sequences"]] for result in results]
    print(name, "end", end, len(results), "cases", lengths)


if __name__ == "__main__":
    for model_name in sys.argv[2:] or ("bart", "mbart", "llama"):
        run(model_name, Path(sys.argv[1]) / model_name, SEEDS.get(model_name, 11))
