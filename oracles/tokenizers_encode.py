"""Fixtures for the encoders of src/tokenizers, made with the Rust library `tokenizers` and with `sentencepiece`.

    python oracles/tokenizers_encode.py src/tokenizers/fixtures/encoders.json [DATA FILES]

Small tokenizers of every kind, each with the ids and the text it makes of the probes. With DATA, the folder of the vocabularies of GPT-2,
cl100k, o200k and Llama 2, and FILES, the folder in which `tokenizer.json` of each was written by src/tokenizers (`gpt2.json` …), SHA-256 sums of
the ids of those are added (sums only: the vocabularies are not ours).
"""

import base64
import hashlib
import io
import json
import random
import sys
import tempfile

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from tokenizers_bpe import MIXED, PROBES

ODD = [
    " ", "", "   ", "\n", " \n \n  x", "a\0b", "\ufeff처음", "a\u0085b\u2028c\u200bd\u3000e", "ㅋㅋㅋㅋ ㅠㅠ", "\u1112\u1161\u11ab 각\u11a8",
    "e\u0301\u0323 A\u030a ｶﾞ ＡＢＣ １２３ ㈜ ㎏ ﬁ Ⅳ", "naïve Café ΣΑΣ ΟΔΟΣ İstanbul Straße", "東京は日本語 漢字、かな。", "<s> a</s>b<unk>c <s>",
    "[MASK] x[MASK]y [MASK]  z", "the word keyword key word_key key.", "<0x41> ▁ ▁▁a", "x" * 120, "가" * 70, "12345 6 7.89", "don't DON'T it'ſ",
    "tab\t\ttab  two   three    four", "🇰🇷🇰🇷 👩‍👩‍👧 👍🏽 1️⃣", "(괄호) [대괄호] {중괄호} \"따옴표\" '작은' — ‘’“”", "\u0915\u094d\u0937 ไทย\u0e33",
]
TEXTS = [*MIXED, "Café NAÏVE résumé the word keyword key", "㈜육수 ＡＢＣ １２３ ㎏", "東京は日本語 漢字、かな。 hello (괄호) [대괄호]"]


def random_texts(count):
    chosen = random.Random(5)
    blocks = [(0xAC00, 11172), (0x1100, 256), (0x3131, 94), (0x20, 95), (0x20, 95), (0x300, 0x70), (0x1F300, 0x300), (0x4E00, 0x5000), (0xA0, 0x1B0), (0x2000, 0x70), (0xFF01, 0xBE)]
    character = lambda: chr((lambda block: block[0] + chosen.randrange(block[1]))(chosen.choice(blocks)))
    return ["".join(character() if chosen.random() < 0.7 else chosen.choice(" \n\t\u3000'\u200d\ufe0f") for _ in range(chosen.randrange(1, 30))) for _ in range(count)]


def trained(tokenizer, trainer):
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def word_piece(lowercase):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=60))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trained(tokenizer, trainers.WordPieceTrainer(vocab_size=300, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.add_special_tokens([AddedToken("[MASK]", lstrip=True, special=True)])
    return tokenizer


def small_charsmap():
    """The precompiled table of a few rules, as SentencePiece's trainer compiles it."""
    rules = {"㈜": "(주)", "\uff21": "A", "\uff22": "B", "e\u0301": "é", "A\u030a": "Å", "\u3000": " ", "\u00a0": " ", "\u200b": "", "\u1112\u1161\u11ab": "한", "\u1112\u1161": "하", "x\u0323\u0302": "!"}
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        for source, target in rules.items():
            hexadecimal = lambda text: " ".join(f"{ord(character):04X}" for character in text)
            file.write(f"{hexadecimal(source)}\t{hexadecimal(target)}\n")
        file.flush()
        return piece_model("unigram", 300, normalization_rule_tsv=file.name)


def piece_model(kind, size, **options):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS), model_writer=model, model_type=kind, vocab_size=size, hard_vocab_limit=False, minloglevel=2, num_threads=1, **options
    )
    return model.getvalue()


def fields(message):
    """The fields of a Protocol Buffers message that hold bytes or whole numbers, as (number, value)."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        key = varint()
        size = {0: None, 1: 8, 5: 4}.get(key & 7, 0)
        value = varint() if size is None or size == 0 else size
        if size is not None:
            at, value = at + value, message[at : at + value]
        yield key >> 3, value


def charsmap_of(model):
    return dict(fields(dict(fields(model))[3]))[2]


def unigram(byte_fallback=False, scheme="always", strip=False):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.Precompiled(charsmap_of(small_charsmap())), normalizers.Replace(Regex(" {2,}"), " ")] + ([normalizers.Strip()] if strip else []))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme=scheme)
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)] if byte_fallback else []
    trained(tokenizer, trainers.UnigramTrainer(vocab_size=260 + len(bytes_), special_tokens=["<s>", "</s>", "<unk>", *bytes_], unk_token="<unk>", show_progress=False))
    if byte_fallback:
        parsed = json.loads(tokenizer.to_str())
        parsed["model"]["byte_fallback"] = True
        parsed["added_tokens"] = parsed["added_tokens"][:3]
        parsed["decoder"] = json.loads(decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]).__getstate__())
        tokenizer = Tokenizer.from_str(json.dumps(parsed))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
    return tokenizer


def bpe(pre_tokenizer, normalizer=None, added=(), decoder=None, model={}, trainer={}):
    tokenizer = Tokenizer(models.BPE(**model))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoder
    trained(tokenizer, trainers.BpeTrainer(vocab_size=320, special_tokens=["<s>", "</s>", "<unk>"], show_progress=False, **trainer))
    tokenizer.add_tokens(list(added))
    return tokenizer


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
GPT4 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
UNK = {"model": {"unk_token": "<unk>"}}
FUSED = {"model": {"unk_token": "<unk>", "fuse_unk": True}, "trainer": {"limit_alphabet": 40}}
sequence = lambda *parts: pre_tokenizers.Sequence(list(parts))
byte_alphabet = {"trainer": {"initial_alphabet": pre_tokenizers.ByteLevel.alphabet()}}
CASES = {
    "WordPiece, lower case": lambda: word_piece(True),
    "WordPiece, cased": lambda: word_piece(False),
    "Unigram": unigram,
    "Unigram, stripped, prefix at the beginning only": lambda: unigram(scheme="first", strip=True),
    "Unigram, bytes": lambda: unigram(byte_fallback=True, scheme="never"),
    "bytes, cl100k's pattern": lambda: bpe(sequence(split(GPT4), BYTES), decoder=decoders.ByteLevel(), **byte_alphabet),
    "bytes, lines and digits from the right": lambda: bpe(sequence(split(r"^.|(?=(?:\d{3})+$)|\w++"), BYTES), decoder=decoders.ByteLevel(), **byte_alphabet),
    "bytes, prefix space, normalized tokens": lambda: bpe(
        pre_tokenizers.ByteLevel(add_prefix_space=True),
        normalizer=normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()]),
        added=[AddedToken("KEY", single_word=True), AddedToken("Café", normalized=True), AddedToken("[MASK]", lstrip=True, rstrip=True, normalized=False)],
        decoder=decoders.ByteLevel(),
        **byte_alphabet,
    ),
    "bytes, some of them": lambda: bpe(pre_tokenizers.ByteLevel(add_prefix_space=False), decoder=decoders.ByteLevel(), **FUSED),
    "end of word": lambda: bpe(
        sequence(pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation("contiguous")),
        decoder=decoders.BPEDecoder("</w>"),
        model={"unk_token": "<unk>", "end_of_word_suffix": "</w>"},
        trainer={"end_of_word_suffix": "</w>", "limit_alphabet": 60},
    ),
    "continued words, digits": lambda: bpe(
        sequence(pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Digits(individual_digits=True)),
        model={"unk_token": "<unk>", "continuing_subword_prefix": "##"},
        trainer={"continuing_subword_prefix": "##", "limit_alphabet": 60},
        decoder=decoders.WordPiece(cleanup=False),
    ),
    "unknown characters together": lambda: bpe(pre_tokenizers.Metaspace(prepend_scheme="first"), decoder=decoders.Metaspace(prepend_scheme="first"), **FUSED),
    "unknown characters apart": lambda: bpe(pre_tokenizers.Metaspace(prepend_scheme="never", split=False), decoder=decoders.Metaspace(prepend_scheme="never"), model={"unk_token": "<unk>"}, trainer={"limit_alphabet": 40}),
    "merged with the one before": lambda: bpe(sequence(split(r"[\s,.]+", "merged_with_previous"), split("ㅋ", "removed")), **FUSED),
    "merged with the next": lambda: bpe(sequence(split(r"\s", "merged_with_next"), pre_tokenizers.Digits()), **FUSED),
    "contiguous, letters only": lambda: bpe(sequence(split(r"\p{L}", "contiguous"), split(r"[\p{L}\p{N}]+", "removed", True)), **FUSED),
    "nmt, accents": lambda: bpe(pre_tokenizers.CharDelimiterSplit(" "), normalizer=normalizers.Sequence([normalizers.Nmt(), normalizers.NFD(), normalizers.StripAccents()]), **FUSED),
}


def ids_of(tokenizer, texts, special=False):
    return [encoding.ids for encoding in tokenizer.encode_batch(texts, add_special_tokens=special)]


def case(name, build, probes):
    tokenizer = build()
    ids = ids_of(tokenizer, probes)
    text = [tokenizer.decode(each, skip_special_tokens=False) for each in ids]
    return {"name": name, "json": json.loads(tokenizer.to_str()), "ids": ids, "framed": tokenizer.encode("글").ids, "text": text}


def model_case(name, model, probes):
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return {"name": name, "model": base64.b64encode(model).decode(), "ids": processor.encode(probes), "text": processor.decode(processor.encode(probes))}


def sums(probes, data, files):
    found = {}
    lines = ["육수를 끓였어요. It's fine! " * 20000, "가나다라" * 60000, "ab" * 200000, "日本語" * 50000]
    for name in ["gpt2", "cl100k_base", "o200k_base", "llama2"]:
        tokenizer = Tokenizer.from_file(f"{files}/{name}.json")
        found[name] = hashlib.sha256(json.dumps(ids_of(tokenizer, [*probes, *lines]), separators=(",", ":")).encode()).hexdigest()
    plain = [probe for probe in [*probes, *lines] if not any(token in probe for token in ["<s>", "</s>", "<unk>", "<0x41>"])]
    llama = sentencepiece.SentencePieceProcessor(model_file=f"{data}/fixtures/llama2.tokenizer.model")
    found["llama2 by sentencepiece"] = hashlib.sha256(json.dumps(llama.encode(plain), separators=(",", ":")).encode()).hexdigest()
    return found


def main(output, data=None, files=None):
    probes = [*PROBES, *ODD, *random_texts(30)]
    fixture = {
        "probes": probes,
        "cases": [case(name, build, probes) for name, build in CASES.items()],
        "models": [
            model_case("unigram", piece_model("unigram", 300, normalization_rule_name="identity"), probes),
            model_case("unigram, small table", small_charsmap(), probes),
            model_case("unigram, bytes and a symbol", piece_model("unigram", 560, byte_fallback=True, normalization_rule_name="identity", user_defined_symbols=["#Person1#"]), probes),
            model_case("bpe, bytes, as Llama 2", piece_model("bpe", 560, byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True), probes),
            model_case("bpe, no prefix", piece_model("bpe", 320, add_dummy_prefix=False, normalization_rule_name="identity"), probes),
        ],
        **({"sums": sums(probes, data, files)} if data else {}),
    }
    with open(output, "w", encoding="utf-8") as file:
        json.dump(fixture, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
