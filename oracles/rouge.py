"""Writes the fixtures of src/evaluate/metrics from nltk's Porter stemmer and google's rouge_score.

    python oracles/rouge.py src/evaluate/metrics/fixtures --words TEXT \
        --dialogsum ../shared/data/summarization/dialogsum-en/dialogsum.dev.jsonl

porter.json        {word: stem} for a spread of English words and for words that meet every rule.
rouge-score.json   scores of rouge_score on DialogSum's dev rows, as numbers only: the dialogues are not ours to
                   copy. Predictions follow from the rows by rule: `lead3`, the first three turns joined by line
                   feeds, and `perturbed`, the summary with every third word dropped, the word after it moved to
                   the end, and a line feed after every seventh word that is left. Per row and measure the F1 in
                   parts of a million; the means of precision, recall and F1 in full.

TEXT is any English text, `.gz` or not; words that occur in it more than once are taken (the committed fixture comes
from Dickens, whose text is in the public domain). Needs rouge_score 0.1.2 and nltk.
"""

import argparse
import collections
import gzip
import json
import pathlib
import re

from nltk.stem.porter import PorterStemmer
from rouge_score import rouge_scorer

MEASURES = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
RULE_WORDS = """
sky skies dying lying tying news innings outing cannings howe proceed exceed succeed caresses ponies ties dies flies
caress cats s ss feed agreed plastered bled motoring sing conflated troubled sized hopping tanned falling hissing
fizzed failing filing spied died tried happy enjoy fly enjoyment relational conditional rational valenci hesitanci
digitizer conformabli radically differently vilely analogously vietnamization predication operator feudalism
decisiveness hopefulness callousness formality sensitivity sensibility geology theology archaeology philology
carefully usefully triplicate formative formalize electricity electrical hopeful goodness revival allowance inference
airliner gyroscopic adjustable defensible irritant replacement adjustment dependent adoption homologou communism
activate angularity homologous effective bowdlerize probate rate cease controll roll syzygy toy yyyy yes beyed oed
ying inging eing aed owing using oily ally really finally generally totally 3rd 1990s 24ths b2b x1ing person1 ed ing
""".split()


def lead3(row):
    turns = [turn.strip() for turn in row["dialogue"].split("\n") if turn.strip()]
    return "\n".join(turns[:3])


def perturbed(row):
    kept, moved = [], []
    for index, word in enumerate(row["summary"].split()):
        if index % 3 == 1:
            kept.append(word)
        elif index % 3 == 2:
            moved.append(word)
    words = kept + moved
    return "\n".join(" ".join(words[start : start + 7]) for start in range(0, len(words), 7))


def score(rows, rule, stem):
    scorer = rouge_scorer.RougeScorer(MEASURES, use_stemmer=stem)
    scores = [scorer.score(row["summary"], rule(row)) for row in rows]
    result = {}
    for name in MEASURES:
        triples = [(s[name].precision, s[name].recall, s[name].fmeasure) for s in scores]
        mean = [sum(column) / len(triples) for column in zip(*triples)]
        result[name] = {"mean": mean, "f1": [round(1e6 * triple[2]) for triple in triples]}
    return {"prediction": rule.__name__, "stem": stem, "measures": result}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--words", type=pathlib.Path, required=True)
    parser.add_argument("--dialogsum", type=pathlib.Path, required=True)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)

    opened = gzip.open if options.words.suffix == ".gz" else open
    with opened(options.words, "rt", encoding="utf-8", errors="replace") as text:
        counts = collections.Counter(re.findall("[a-z]+", text.read().lower()))
    listed = sorted(word for word, count in counts.items() if count > 1)
    step = max(1, len(listed) // 8000)
    stemmer = PorterStemmer()
    stems = {word: stemmer.stem(word) for word in [*RULE_WORDS, *listed[::step]]}
    (options.output / "porter.json").write_text(json.dumps(stems, separators=(",", ":")) + "\n")

    with options.dialogsum.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    results = [score(rows, rule, stem) for rule in (lead3, perturbed) for stem in (False, True)]
    (options.output / "rouge-score.json").write_text(json.dumps(results, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
