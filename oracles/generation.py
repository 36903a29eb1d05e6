"""What transformers' `generate()` and its logits processors answer, for the tests of `src/generate`.

    python oracles/generation.py src/generate/fixtures

`searches.json`: token ids from a model without weights, whose logits are an integer hash of the last two tokens (`logit`
below; `table-model.ts` beside the tests computes the same), for many option combinations. `processors.json`: random
scores and histories with what each processor makes of them (an excluded token is null).
"""

import itertools
import json
import sys
from pathlib import Path

# Scripts here may have the names of installed packages: look among those first.
sys.path.append(sys.path.pop(0))

import torch
from transformers import GenerationConfig, GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.generation import logits_process as processors
from transformers.modeling_outputs import CausalLMOutput
from transformers.utils import logging

torch.set_num_threads(1)
logging.set_verbosity_error()

VOCABULARY = 37
PAD = 1


def mix(value):
    value = (value ^ (value >> 16)) * 0x45D9F3B & 0xFFFFFFFF
    value = (value ^ (value >> 16)) * 0x45D9F3B & 0xFFFFFFFF
    return value ^ (value >> 16)


def logit(previous, last, token):
    """Exact in float32; `previous` is 0 at the start of a row. Rows tend to go in circles and to end."""
    hashed = mix(previous * 73856093 + last * 19349663 + token * 83492791 + 1 & 0xFFFFFFFF) >> 12
    return hashed * 6 / 2**20 + (1 if token == previous else 0) + (0.75 if token % 5 == 0 else 0)


def position_logit(length, token):
    """Added for a row of `length` tokens, so that the same steps in another order do not tie."""
    return (mix(length * 2654435761 + token * 40503 & 0xFFFFFFFF) >> 12) / 2**20


TABLE = torch.tensor([[[logit(a, b, c) for c in range(VOCABULARY)] for b in range(VOCABULARY)] for a in range(VOCABULARY)])

POSITIONS = torch.tensor([[position_logit(length, token) for token in range(VOCABULARY)] for length in range(64)])


class TableConfig(PretrainedConfig):
    model_type = "table"
    num_hidden_layers = 0


class TableModel(PreTrainedModel, GenerationMixin):
    config_class = TableConfig

    def __init__(self, config):
        super().__init__(config)
        self.anchor = torch.nn.Parameter(torch.zeros(1))
        self.post_init()

    def forward(self, input_ids=None, attention_mask=None, **_):
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        tokens = input_ids * mask
        previous = torch.nn.functional.pad(tokens[:, :-1], (1, 0))
        return CausalLMOutput(logits=TABLE[previous, tokens] + POSITIONS[mask.cumsum(dim=1)])

    def prepare_inputs_for_generation(self, input_ids, attention_mask=None, **_):
        return {"input_ids": input_ids, "attention_mask": attention_mask}


def snake(name):
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)


def search_cases():
    yield from ({"eosTokenId": end, "noRepeatNgramSize": size} for end in (5, [5, 9, 20]) for size in (0, 2, 3))
    yield {"eosTokenId": 5, "repetitionPenalty": 1.4}
    yield {"eosTokenId": [5, 9], "repetitionPenalty": 0.8, "minNewTokens": 5}
    yield {"eosTokenId": 5, "forcedEosTokenId": 5, "badWordsIds": [[11], [3, 4], [30, 2, 7], [5]]}
    yield {"noRepeatNgramSize": 1}
    for beams, penalty, early in itertools.product((2, 4, 5), (0.0, 0.6, 1.0, 2.0, -1.0), (True, False, "never")):
        more = [{}, {"noRepeatNgramSize": 2}, {"minNewTokens": 6}, {"repetitionPenalty": 1.3}, {"numReturnSequences": 2}]
        end = [5, [5, 9, 20], [2, 30]][(beams + int(penalty * 5)) % 3]
        yield {"numBeams": beams, "lengthPenalty": penalty, "earlyStopping": early, "eosTokenId": end} | more[
            (beams * 7 + int(penalty * 10)) % 5
        ]
    yield {"numBeams": 3, "eosTokenId": 5, "forcedEosTokenId": 5, "numReturnSequences": 3}
    yield {"numBeams": 4, "eosTokenId": 5, "badWordsIds": [[11], [3, 4], [9, 2]], "noRepeatNgramSize": 3}
    yield {"numBeams": 4, "noRepeatNgramSize": 3}


PROMPTS = [[7], [3, 12, 4, 4, 30], [2, 2, 2, 2], [33, 8], [21, 17, 9, 28, 35, 6, 6]]
STARTS = [[0], [13], [25]]


def search(model, prompts, options):
    width = max(map(len, prompts))
    inputs = {
        "input_ids": torch.tensor([[PAD] * (width - len(row)) + row for row in prompts]),
        "attention_mask": torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in prompts]),
    }
    config = GenerationConfig(pad_token_id=PAD, use_cache=False, **{snake(name): value for name, value in options.items()})
    output = model.generate(**inputs, generation_config=config, return_dict_in_generate=True, output_scores=True)
    ends = options.get("eosTokenId", [])
    ends = ends if isinstance(ends, list) else [ends]
    sequences = []
    for row in output.sequences[:, width:].tolist():
        stop = next((position + 1 for position, token in enumerate(row) if token in ends), len(row))
        sequences.append(row[:stop])
    result = {"prompts": prompts, "options": options, "sequences": sequences}
    if options.get("numBeams", 1) > 1:
        result["scores"] = [float(f"{score:.9g}") for score in output.sequences_scores.tolist()]
    return result


def searches():
    model = TableModel(TableConfig()).eval()
    model.generation_config = GenerationConfig()
    for case in search_cases():
        prompts = [row for row in PROMPTS if len(row) >= 3] if case.get("noRepeatNgramSize") == 1 else PROMPTS
        if case.get("noRepeatNgramSize") == 1:
            # The reference also bans padding in a batch, so it is asked row by row.
            for row in prompts:
                yield search(model, [row], case | {"maxNewTokens": 20})
        else:
            yield search(model, prompts, case | {"maxNewTokens": 20})
    for beams in (1, 4):
        # One-token prompts stand for the decoder start token of an encoder–decoder.
        yield search(model, STARTS, {"numBeams": beams, "forcedBosTokenId": 14, "eosTokenId": [5, 9], "maxLength": 11, "minLength": 6})
        yield search(model, [PROMPTS[4]], {"numBeams": beams, "eosTokenId": [5, 9, 20], "maxLength": 14, "minLength": 12})


def processor_cases(generator):
    end = torch.tensor([5, 9])
    histories = [[2, 3, 2, 3, 2], [1, 4, 4, 4, 4], [8, 9, 7, 8, 9]]
    settings = [
        ({"temperature": 0.7, "doSample": True}, lambda: processors.TemperatureLogitsWarper(0.7)),
        ({"topK": 1, "doSample": True}, lambda: processors.TopKLogitsWarper(1)),
        ({"topK": 7, "doSample": True}, lambda: processors.TopKLogitsWarper(7)),
        ({"topK": 500, "doSample": True}, lambda: processors.TopKLogitsWarper(500)),
        ({"topP": 0.05, "doSample": True}, lambda: processors.TopPLogitsWarper(0.05)),
        ({"topP": 0.5, "doSample": True}, lambda: processors.TopPLogitsWarper(0.5)),
        ({"topP": 0.95, "doSample": True}, lambda: processors.TopPLogitsWarper(0.95)),
        ({"minP": 0.1, "doSample": True}, lambda: processors.MinPLogitsWarper(0.1)),
        ({"repetitionPenalty": 1.7}, lambda: processors.RepetitionPenaltyLogitsProcessor(1.7)),
        ({"noRepeatNgramSize": 1}, lambda: processors.NoRepeatNGramLogitsProcessor(1)),
        ({"noRepeatNgramSize": 2}, lambda: processors.NoRepeatNGramLogitsProcessor(2)),
        ({"noRepeatNgramSize": 3}, lambda: processors.NoRepeatNGramLogitsProcessor(3)),
        ({"badWordsIds": [[7], [3, 2, 6], [4, 10], [5]], "eosTokenId": [5, 9]}, lambda: processors.NoBadWordsLogitsProcessor([[7], [3, 2, 6], [4, 10], [5]], end)),
        ({"minLength": 6, "eosTokenId": [5, 9]}, lambda: processors.MinLengthLogitsProcessor(6, end)),
        ({"minLength": 5, "eosTokenId": [5, 9]}, lambda: processors.MinLengthLogitsProcessor(5, end)),
        ({"minNewTokens": 4, "eosTokenId": [5, 9]}, lambda: processors.MinNewTokensLengthLogitsProcessor(2, 4, end)),
        ({"minNewTokens": 3, "eosTokenId": [5, 9]}, lambda: processors.MinNewTokensLengthLogitsProcessor(2, 3, end)),
        ({"forcedEosTokenId": [5, 9], "maxLength": 6}, lambda: processors.ForcedEOSTokenLogitsProcessor(6, [5, 9])),
        ({"forcedEosTokenId": 5, "maxLength": 9}, lambda: processors.ForcedEOSTokenLogitsProcessor(9, 5)),
        ({"forcedBosTokenId": 14}, lambda: processors.ForcedBOSTokenLogitsProcessor(14)),
    ]
    for options, create in settings:
        scores = torch.randn(len(histories), VOCABULARY, generator=generator) * 2
        given = torch.tensor(histories)
        if "forcedBosTokenId" in options:
            given = given[:, :1]
        yield options, given, scores, create()(given, scores.clone())
    everything = {"repetitionPenalty": 1.2, "noRepeatNgramSize": 2, "minNewTokens": 4, "eosTokenId": [5, 9], "doSample": True, "temperature": 0.8, "topK": 20, "topP": 0.8, "minP": 0.02}
    chosen = [
        processors.RepetitionPenaltyLogitsProcessor(1.2),
        processors.NoRepeatNGramLogitsProcessor(2),
        processors.MinNewTokensLengthLogitsProcessor(2, 4, end),
        processors.TemperatureLogitsWarper(0.8),
        processors.TopKLogitsWarper(20),
        processors.TopPLogitsWarper(0.8),
        processors.MinPLogitsWarper(0.02),
    ]
    scores = torch.randn(len(histories), VOCABULARY, generator=generator) * 2
    given, processed = torch.tensor(histories), scores.clone()
    for processor in chosen:
        processed = processor(given, processed)
    yield everything, given, scores, processed


def finite(rows):
    return [[None if value == -float("inf") else float(f"{value:.9g}") for value in row] for row in rows.tolist()]


def lines(results):
    return "[\n" + ",\n".join(json.dumps(result, separators=(",", ":")) for result in results) + "\n]\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "searches.json").write_text(lines(list(searches())))
    found = processor_cases(torch.Generator().manual_seed(5))
    (folder / "processors.json").write_text(
        lines(
            {"options": options, "histories": given.tolist(), "promptLength": 2, "scores": finite(scores), "processed": finite(processed)}
            for options, given, scores, processed in found
        )
    )
