"""Learning rates of transformers' schedules, as shares of the peak.

    python oracles/schedules.py src/train/fixtures/schedules.json

A list of `{kind, warmupSteps, totalSteps, factors}` where `factors[n]` belongs to the step taken after n others.
"""

import json
import sys
from pathlib import Path

# Scripts here may have the names of installed packages: look among those first.
sys.path.append(sys.path.pop(0))

import torch
from transformers import get_constant_schedule_with_warmup, get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

SCHEDULES = {
    "linear": get_linear_schedule_with_warmup,
    "cosine": get_cosine_schedule_with_warmup,
    "constant": lambda optimizer, warmup, total: get_constant_schedule_with_warmup(optimizer, warmup),
}


def factors(kind, warmup, total):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = SCHEDULES[kind](optimizer, warmup, total)
    found = []
    for _ in range(total + 1):
        found.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    return found


if __name__ == "__main__":
    cases = [
        {"kind": kind, "warmupSteps": warmup, "totalSteps": total, "factors": factors(kind, warmup, total)}
        for kind in SCHEDULES
        for warmup, total in [(0, 7), (4, 20), (10, 10)]
    ]
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(cases) + "\n")
