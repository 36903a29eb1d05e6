"""Writes the fixture of src/data/filter from datatrove's Gopher, C4 and FineWeb filters.

    python oracles/filters.py src/data/filter/fixtures/datatrove.json --text TEXT

TEXT is any English text, `.gz` or not; the committed fixture comes from Dickens, whose text is in the public domain. Passages of
it are bent by rule until each filter refuses some and keeps others: shortened, repeated by words, lines and paragraphs,
turned into lists, marked with ellipses, hashes, brackets, citations and notices. Per passage the fixture holds the reason of each
filter (null: kept), the text that C4 leaves, and the shares that the repetition filter compares.

Words are what spaces separate: datatrove's own splitter needs a model of each language, so it is replaced by `str.split`, and its
splitter of sentences by one at `.`, `!` and `?` before a space. Needs datatrove 0.10.1.
"""

import argparse
import gzip
import json
import pathlib
import random
import re

from datatrove.data import Document
from datatrove.pipeline.filters import c4_filters, fineweb_quality_filter, gopher_quality_filter, gopher_repetition_filter
from datatrove.pipeline.filters.gopher_repetition_filter import find_all_duplicate, find_duplicates, get_n_grams


def words_of(text, language=None):
    return text.split()


def sentences_of(text, language=None):
    return [part for part in re.split(r"(?<=[.!?])\s+", text.strip()) if part]


for module in (gopher_quality_filter, gopher_repetition_filter, fineweb_quality_filter):
    module.split_into_words = words_of
c4_filters.split_into_sentences = sentences_of


def top_share(text, n):
    """As find_top_duplicate, but nothing where the n-gram stands once."""
    counts = {}
    for gram in get_n_grams(text.split(), n):
        counts[gram] = counts.get(gram, 0) + 1
    if not counts:
        return 0
    gram = max(counts, key=counts.get)
    return len(gram) * counts[gram] / len(text) if counts[gram] > 1 else 0


def reason(filter_, text):
    document = Document(text=text, id="0")
    result = filter_.filter(document)
    return (None if result is True else result[1]), document.text


def passages(text, generator):
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text)]
    paragraphs = [part for part in paragraphs if 200 < len(part) < 700 and part.isascii() and '"' not in part]
    pick = lambda count: generator.sample(paragraphs, count)
    for _ in range(3):
        yield "\n".join(pick(2))
        yield "\n\n".join(pick(2))
    yield " ".join(pick(1)[0].split()[:45])
    yield " ".join(pick(1)[0].split()[:8])
    first, second = pick(2)
    yield "\n".join([first, second, first])
    yield "\n\n".join([first, second, first, second])
    yield "\n".join([first[:40]] * 6 + [second])
    yield first + " " + " ".join(["as I said"] * 14)
    yield first + " " + " ".join(["again and again and"] * 9)
    yield " ".join(first.split()[:30] * 3)
    yield " ".join(second.split()[:12] * 2 + first.split()[:60])
    yield "\n".join("- " + word for word in first.split())
    yield "\n".join("- " + " ".join(first.split()[i : i + 7]) for i in range(0, len(first.split()), 7))
    yield "\n".join(" ".join(first.split()[i : i + 7]) + "..." for i in range(0, len(first.split()), 7))
    yield " ".join(word + "..." if i % 6 == 0 else word for i, word in enumerate(first.split()))
    yield " ".join("#" + word if i % 6 == 0 else word for i, word in enumerate(first.split()))
    yield " ".join(str(i) if i % 3 == 0 else word for i, word in enumerate(first.split()))
    yield " ".join(word[:2] for word in (first + " " + second).split())
    yield " ".join(word * 3 for word in first.split())
    yield " ".join(word for word in (first + " " + second).split() if word not in gopher_quality_filter.STOP_WORDS)
    yield "\n".join([first, "Home", "Please enable JavaScript to see this page.", "We use cookies on every page here.", second])
    yield "\n".join([first[:80] + "[12] and so it was.", "Lorem ipsum dolor sit amet.", second])
    yield "\n".join([first + " [3]x[edit]y.", "No end to this line of text", "Too short.", second])
    yield "\n".join([first, "function of { a bracket }.", second])
    yield "\n".join([first, "x" * 1200 + " and so on and on.", second])
    yield "\n".join(sentences_of(first + " " + second))
    yield "\n".join(first.split()) + "\n" + second
    yield "봄이 오면 산에 들에 진달래가 핀다. 진달래 피는 곳에 내 마음도 핀다. " * 3
    yield "오늘은 비가 온다.\n내일은 눈이 온다.\n오늘은 비가 온다.\n모레는 해가 난다."


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--text", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    opener = gzip.open if arguments.text.suffix == ".gz" else open
    with opener(arguments.text, "rt", encoding="utf-8", errors="replace") as file:
        text = file.read()
    quality = gopher_quality_filter.GopherQualityFilter()
    repetition = gopher_repetition_filter.GopherRepetitionFilter()
    c4 = c4_filters.C4QualityFilter(min_num_sentences=3, min_words_per_line=5)
    fineweb = fineweb_quality_filter.FineWebQualityFilter()
    cases = []
    for passage in passages(text, random.Random(7)):
        passage = passage.strip()
        lines = re.split(r"\n+", passage)
        c4_reason, c4_text = reason(c4, passage)
        cases.append(
            {
                "text": passage,
                "gopher": reason(quality, passage)[0],
                "repetition": reason(repetition, passage)[0],
                "c4": c4_reason,
                "c4Text": c4_text if c4_reason is None else None,
                "fineweb": reason(fineweb, passage)[0],
                "lines": [find_duplicates(lines)[0] / len(lines), find_duplicates(lines)[1] / len(passage)],
                "top": {n: round(top_share(passage, n), 9) for n in (2, 3, 4)},
                "duplicate": {n: round(find_all_duplicate(passage.split(), n) / len(passage), 9) for n in range(5, 11)},
            }
        )
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(cases, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for name in ("gopher", "repetition", "c4", "fineweb"):
        print(name, sorted({str(case[name]) for case in cases}))


if __name__ == "__main__":
    main()
