"""Fixtures for src/tokenizers, made with the Rust library `tokenizers`.

    python oracles/tokenizers_bpe.py src/tokenizers/fixtures/byte-level-bpe.json [DATA]

Without DATA only the small corpora below are trained. With DATA, a folder holding `text/dickens.txt.gz` and
`korean/nsmc-reviews-200k.tsv.gz`, SHA-256 sums of the merges learned there are added (sums only: the texts are not ours).
"""

import gzip
import hashlib
import json
import sys

from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers import __version__ as version
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer

FAMILY = "👩\u200d👩\u200d👧\u200d👦"
MIXED = [
    "육수를 오래 끓이면 국물이 진해집니다. 육수가 좋으면 국물도 좋습니다.",
    "오늘은 날씨가 맑아서 산책을 했어요. 오늘은 바람이 불지 않았어요ㅋㅋㅋㅋㅋ ㅠㅠ",
    "#Person1#: 주문하신 상품이 아직 도착하지 않았나요?\n#Person2#: 네, 어제까지 온다고 했는데요.",
    "#Person1#: When will the order arrive?\n#Person2#: It'll arrive by Friday, they've said so.",
    "I don't think we're late; she'd say he's early, but I'm sure they'll wait, 'tis all.",
    "가나다라마바사 간장 공장 공장장은 강 공장장이고 된장 공장 공장장은 장 공장장이다",
    "\u1112\u1161\u11ab\u1100\u1173\u11af \u1102\u1161\u110b\u1173\u1106\u1167\u11ab \uac00\u11a8 cafe\u0301 nai\u0308ve e\u0301e\u0301",
    f"{FAMILY} {FAMILY}👍🏽👍🏽 🇰🇷🇰🇷 1️⃣2️⃣ ☕️",
    "tabs\t\tand  two   three spaces \u00a0\u00a0nbsp\u3000\u3000wide \u200b\u200bzero\ufeff\ufeffmark\u0085\u0085next \r\n\r\n end  ",
    "for (let i = 0; i < 10; i++) {\n    console.log(`${i}: ${rows[i]?.text ?? ''}`)\n}\n\n\n",
    "def f(x):\n\treturn x ** 2  # 제곱\n\nif __name__ == '__main__':\n\tprint(f(12345), 3.14159, 0x1F600)",
    "١٢٣ ٤٥٦ ½⅓ Ⅳ ² ①② 漢字かな交じり文 漢字カナ ภาษาไทย हिन्दी नमस्ते Ünïcödé ÅÅ",
    "aaaaaaaaaaaaaaaaaaaaaaaa aaaaa aaa ababababab abab bababa",
    "",
]
PROBES = [
    *MIXED,
    "<s>새로운 문장</s> #Person1##Person2# # Person1 #",
    "끓이다 끓였다 끓일 육수요리 'sing 'LL it's we'Re",
    "𝒳𝓎 𐐀𐐨 \U0001f9d1\u200d\U0001f680 \u1100\u1100\u1161\u1161 \u0301\u0301x",
]
DIALOGUE = ["<s>", "</s>", "<pad>", "<unk>", "#Person1#", "#Person2#", "#Person"]
CASES = {
    "mixed": {},
    "mixed, NFC, dialogue tokens": {"special": DIALOGUE, "normalizer": "NFC", "size": 420},
    "mixed, dialogue tokens isolated": {"special": DIALOGUE, "isolate": True},
    "mixed, prefix space, every pair": {"prefix": True, "minimum": 1, "size": 1200},
    "mixed, seen bytes only": {"alphabet": False, "minimum": 3},
    "mixed, own pattern": {"pattern": r"\p{N}{1,3}|\p{L}+|\s+|[^\s\p{L}\p{N}]+"},
    # Different merges make the same text, and special tokens collide with letters and merges.
    "a and b": {"texts": ["aab aaab ab", "abab baab", "aabaab", "bbb aabb abba" * 3], "special": ["aa", "b"], "size": 300},
}


def build(normalizer, prefix, pattern):
    tokenizer = Tokenizer(BPE())
    if normalizer:
        tokenizer.normalizer = normalizers.NFC()
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=pattern is None)
    if pattern is not None:
        byte_level = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), byte_level])
    tokenizer.pre_tokenizer = byte_level
    return tokenizer


def isolated(texts, special):
    """Cuts texts at special tokens by asking the library's own encoder where they are."""
    marker = Tokenizer(BPE(vocab={"?": 0}, merges=[], unk_token="?"))
    marker.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in special])
    for text in texts:
        start = 0
        for token, (begin, end) in zip((found := marker.encode(text)).tokens, found.offsets):
            if token in special:
                yield text[start:begin]
                start = end
        yield text[start:]


def train(texts, special=(), normalizer=None, prefix=False, minimum=2, size=500, alphabet=True, pattern=None, isolate=False):
    tokenizer = build(normalizer, prefix, pattern)
    trainer = BpeTrainer(
        vocab_size=size,
        min_frequency=minimum,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if alphabet else [],
        show_progress=False,
    )
    tokenizer.train_from_iterator(isolated(texts, special) if isolate else texts, trainer)
    return tokenizer


def case(name, texts=None, **options):
    tokenizer = train(texts or MIXED, **options)
    model = json.loads(tokenizer.to_str())["model"]
    tokens = [token for token, _ in sorted(model["vocab"].items(), key=lambda item: item[1])]
    ids = [tokenizer.encode(probe, add_special_tokens=False).ids for probe in PROBES] if options.get("alphabet", True) else []
    return {"name": name, "texts": texts or MIXED, "options": options, "tokens": tokens, "merges": model["merges"], "ids": ids}


def merges_sum(texts):
    merges = json.loads(train(texts, size=16000).to_str())["model"]["merges"]
    return hashlib.sha256("\n".join(" ".join(merge) for merge in merges).encode()).hexdigest()


def main(output, data=None):
    fixture = {"version": version, "probes": PROBES, "cases": [case(name, **options) for name, options in CASES.items()]}
    if data:
        read = lambda path: gzip.open(f"{data}/{path}", "rt", encoding="utf-8", errors="replace", newline="").read().split("\n")
        reviews = [line.split("\t")[4] for line in read("korean/nsmc-reviews-200k.tsv.gz")[1:] if line]
        fixture["sums"] = {"dickens": merges_sum(read("text/dickens.txt.gz")), "reviews": merges_sum(reviews)}
    with open(output, "w", encoding="utf-8") as file:
        json.dump(fixture, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
