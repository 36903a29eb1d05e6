"""Fixtures for the trainers of pieces in src/tokenizers, made with the Rust library `tokenizers`.

    python oracles/tokenizers_training.py src/tokenizers/fixtures/piece-training.json

The pieces that its trainers learn of the texts. Its WordPiece trainer breaks ties another way in every run, so the vocabularies of several runs are given.
"""

import json
import random
import subprocess
import sys

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from tokenizers_bpe import MIXED



def made_up(count):
    """Lines of words whose syllables are drawn unevenly, so that many pieces compete."""
    drawn = random.Random(3)
    syllables = list("육수를오래끓이면국물진해집니다가좋도습오늘은날씨맑아서산책했어요")
    word = lambda: "".join(syllables[int(len(syllables) * drawn.random() ** 2)] for _ in range(drawn.choice([1, 2, 2, 3, 4])))
    words = [word() for _ in range(160)]
    return [" ".join(words[int(len(words) * drawn.random() ** 2)] for _ in range(8)) for _ in range(count)]


TEXTS = [*made_up(60), *MIXED, *(f"{word} {other}" for word in MIXED[0].split() for other in MIXED[1].split()), *MIXED[:4]]
SPECIAL = ["<unk>", "<s>", "</s>"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def unigram(size, length):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=size, special_tokens=SPECIAL, unk_token="<unk>", max_piece_length=length, show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    return {"size": size, "length": length, "vocabulary": json.loads(tokenizer.to_str())["model"]["vocab"]}


def bpe(size):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=size, special_tokens=SPECIAL + BYTES, min_frequency=2, show_progress=False))
    model = json.loads(tokenizer.to_str())["model"]
    return {"size": size, "tokens": sorted(model["vocab"], key=model["vocab"].get), "merges": model["merges"]}


def word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.BertNormalizer(lowercase=False, strip_accents=False)])
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(TEXTS, trainers.WordPieceTrainer(vocab_size=420, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], min_frequency=2, show_progress=False))
    return sorted(json.loads(tokenizer.to_str())["model"]["vocab"])


def main(output):
    runs = [json.loads(subprocess.check_output([sys.executable, __file__])) for _ in range(4)]
    fixture = {
        "texts": TEXTS,
        "unigram": [unigram(500, 16), unigram(340, 16), unigram(225, 16), unigram(270, 16), unigram(300, 16), unigram(320, 4)],
        "bpe": [bpe(700), bpe(500)],
        "wordPiece": runs,
    }
    with open(output, "w", encoding="utf-8") as file:
        json.dump(fixture, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print(json.dumps(word_piece()))
    else:
        main(*sys.argv[1:])
