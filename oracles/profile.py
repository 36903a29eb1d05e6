"""Writes the fixtures of src/data/profile from scikit-learn and numpy.

    python oracles/profile.py src/data/profile/fixtures

tf-idf.json     made-up documents, English and Korean, as lists of terms; what TfidfVectorizer makes of them: its terms and
                the weights of each document as {term: weight}; and for some numbers of topics the error ‖V − W H‖ that
                NMF (multiplicative updates, the best of ten beginnings) comes to.
quantiles.json  lists of whole numbers with their quantiles by numpy's method `inverted_cdf`.

Needs scikit-learn 1.9 and numpy.
"""

import json
import pathlib
import sys

import numpy
from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import TfidfVectorizer

SUBJECTS = [
    "bus station ticket train platform driver delay seat luggage conductor",
    "soup noodle pepper kitchen spoon recipe onion garlic broth dinner",
    "배우 연기 감독 영화 장면 극장 주인공 결말 감동 예고편",
    "시험 학교 수업 선생님 교실 숙제 공부 졸업 과목 점수",
    "invoice account bank payment refund balance deposit loan card interest",
]
COMMON = "time people 오늘 work day 사람 house 전화".split()


def documents(random):
    made = []
    for row in range(120):
        subject = SUBJECTS[row % len(SUBJECTS)].split()
        own = random.choice(subject, size=random.integers(3, 15))
        common = random.choice(COMMON, size=random.integers(0, 6))
        words = [str(word) for word in numpy.concatenate([own, common])]
        random.shuffle(words)
        made.append(words)
    return made


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    random = numpy.random.default_rng(20)
    made = documents(random)
    # UTF-16 and code point order are the same for these terms.
    vectorizer = TfidfVectorizer(analyzer=lambda words: words)
    matrix = vectorizer.fit_transform(made)
    terms = [str(term) for term in vectorizer.get_feature_names_out()]
    weights = []
    for row in range(len(made)):
        entries = matrix[row]
        weights.append({terms[column]: round(float(value), 12) for column, value in zip(entries.indices, entries.data)})
    errors = {}
    for topics in (2, 5, 8):
        fits = [
            NMF(topics, init="random", solver="mu", max_iter=400, tol=0, random_state=seed).fit(matrix)
            for seed in range(10)
        ]
        errors[topics] = min(float(fit.reconstruction_err_) for fit in fits)
    fixture = {"documents": made, "terms": terms, "weights": weights, "errors": errors}
    write(folder / "tf-idf.json", fixture)
    lists = [
        random.integers(0, 50, 200),
        random.poisson(700, 333),
        random.integers(0, 65_000, 1000),
        numpy.array([7]),
        numpy.array([1, 2]),
    ]
    shares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1]
    write(
        folder / "quantiles.json",
        [
            {
                "values": values.tolist(),
                "quantiles": {
                    share: int(numpy.quantile(values, share, method="inverted_cdf")) for share in shares
                },
            }
            for values in lists
        ],
    )


def write(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


main()
