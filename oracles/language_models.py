"""Writes the fixtures of src/data/filter/language-model from KenLM: models that its lmplz estimates, and how they score.

    python oracles/language_models.py src/data/filter/language-model/fixtures --lmplz PATH \
        --dickens ../shared/data/text/dickens.txt.gz

kneser-ney.json    `corpus`, lines of Dickens (in the public domain) and of made-up Korean; `held`, other such lines; and for
                   each order what lmplz says of itself: n-grams and discounts by order, a spread of its n-grams as
                   [order, words, log10 P, log10 back-off], and for each held line [log10 P, length of the n-gram that matched]
                   of its words and its end.
small.arpa.gz      a whole model of order 3 of the first lines, with the customary discounts (`--discount_fallback`).

Needs the Python module kenlm, and `lmplz` built from its source.
"""

import argparse
import gzip
import json
import pathlib
import random
import re
import subprocess
import tempfile

import kenlm


def made_up(count, seed):
    drawn = random.Random(seed)
    syllables = list("육수를오래끓이면국물진해집니다가좋도습오늘은날씨맑아서산책했어요")
    word = lambda: "".join(syllables[int(len(syllables) * drawn.random() ** 2)] for _ in range(drawn.choice([1, 2, 2, 3])))
    words = [word() for _ in range(90)]
    return [" ".join(words[int(len(words) * drawn.random() ** 2)] for _ in range(drawn.randrange(3, 10))) for _ in range(count)]


def estimate(lmplz, lines, order, *options):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.arpa"
        done = subprocess.run(
            [lmplz, "-o", str(order), "-S", "64M", "-T", folder, *options],
            input="\n".join(lines) + "\n", capture_output=True, text=True, check=True,
        )
        path.write_text(done.stdout)
        return done.stdout, done.stderr, kenlm.Model(str(path))


def scores(model, lines):
    return [[[round(score, 6), length] for score, length, _ in model.full_scores(line)] for line in lines]


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("--lmplz", required=True)
    options.add_argument("--dickens", required=True)
    given = options.parse_args()
    text = gzip.open(given.dickens, "rt", encoding="utf-8", errors="replace").read()
    dickens = [" ".join(re.findall(r"[a-z]+|[.,;!?]", line.lower())) for line in text.split("\n")[2000:2400]]
    dickens = [line for line in dickens if line]
    korean = made_up(220, 7)
    corpus = dickens[:200] + korean[:200]
    held = dickens[210:218] + korean[200:208] + ["wholly unheard words", dickens[0], "the"]
    models = []
    for order in (2, 3, 5):
        arpa, log, model = estimate(given.lmplz, corpus, order, "--discount_fallback")
        ngrams, section = [], 0
        for line in arpa.split("\n"):
            if match := re.fullmatch(r"\\(\d+)-grams:", line):
                section = int(match[1])
            elif section and "\t" in line:
                fields = line.split("\t")
                ngrams.append([section, fields[1], float(fields[0]), float(fields[2]) if len(fields) > 2 else 0])
        found = re.findall(r"^(\d+) (\d+) D1=(\S+) D2=(\S+) D3\+=(\S+)$", log, re.M)
        drawn = random.Random(1)
        spread = [ngram for ngram in ngrams if ngram[1] in ("<unk>", "</s>", "the", "the </s>")] + drawn.sample(ngrams, 300)
        models.append({
            "order": order,
            "counts": [int(row[1]) for row in found],
            "discounts": [[float(value) for value in row[2:]] for row in found],
            "ngrams": spread,
            "scores": scores(model, held),
        })
    given.folder.mkdir(exist_ok=True)
    small, _, model = estimate(given.lmplz, corpus[:60] + corpus[200:230], 3, "--discount_fallback")
    with gzip.GzipFile(given.folder / "small.arpa.gz", "wb", mtime=0) as file:
        file.write(small.encode())
    fixture = {"corpus": corpus, "held": held, "models": models, "small": {"scores": scores(model, held)}}
    path = given.folder / "kneser-ney.json"
    path.write_text(json.dumps(fixture, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
