"""Fixture for src/data/clean/mojibake.ts: texts read with the wrong encoding, and what ftfy makes of them.

    python oracles/mojibake.py src/data/clean/fixtures/mojibake.json

Needs ftfy 6.3.1. Each sentence is broken as UTF-8 read as Latin-1 and as Windows-1252, once and twice; `ftfy` says what
`ftfy.fix_encoding` gives for it, or is left out where that is the sentence itself. `sound` are texts that nothing is wrong with,
among them those in which accented letters and punctuation stand as they do in mojibake.
"""

import json
import sys
from pathlib import Path

import ftfy
import ftfy.bad_codecs  # noqa: F401  registers sloppy-windows-1252

SENTENCES = {
    "ko": [
        "안녕하세요. 오늘 회의는 세 시에 시작합니다.",
        "이 영화 정말 재밌다ㅋㅋㅋ 또 보고 싶어요!",
        "가격은 12,000원이고 배송은 무료예요.",
        "서울",
        "값",
    ],
    "en": [
        "It’s the “best” café in town — don’t miss it…",
        "The price is £20 (about €23), © 2020 naïve façade™.",
        "She said: ‘déjà vu’ again.",
        "I love it 😂 so much 👍🏽!",
    ],
    "fr": ["À l’été, les élèves français étaient déjà là.", "Où est la forêt ? C’est très près, à côté du château.", "Noël"],
    "de": ["Die Straße führt über die Brücke nach München.", "Größe, Äpfel und Öl", "Für immer"],
    "es": ["¿Dónde está el niño? ¡Mañana será otro día!", "España y Perú"],
    "pt": ["A informação não está disponível amanhã.", "São Paulo, coração, pão"],
    "sv": ["Där står en gammal björk vid sjön på ön.", "Ångström"],
    "pl": ["Zażółć gęślą jaźń, proszę pana.", "Łódź i Kraków są piękne."],
    "cs": ["Příliš žluťoučký kůň úpěl ďábelské ódy."],
    "tr": ["Güneşli bir günde İstanbul’a gittik, çok güzeldi."],
    "ru": ["Привет, как дела? Всё хорошо.", "Москва"],
    "el": ["Καλημέρα, τι κάνεις σήμερα;"],
    "ja": ["今日はいい天気ですね。", "東京タワーに行きました！"],
    "zh": ["你好，世界。今天天气很好。", "北京"],
    "th": ["สวัสดีครับ วันนี้อากาศดี"],
    "ar": ["مرحبا بكم في المدينة."],
}

SOUND = [
    "CAFÉ… c’est fermé.",
    "« L’été » et « l’hiver » : voilà.",
    "Il a été…” dit-elle.",
    "l’été »",
    "MAÇÃ… e AMANHÃ”, ele disse.",
    "NESTLÉ® et NESCAFÉ™",
    "CAFÉ’S menu",
    "20 °C – 25 °C, ½ pièce, §5",
    "ÀÈÌÒÙ àèìòù ÄÖÜ äöüß ÅÆØ åæø",
    "ÁÉÍÓÚ ¿Qué? ¡Sí!",
    "Ä… ich weiß nicht.",
    "MENÜ… ÖFFNEN",
    "A†B ‡ C‰",
    "Það er ísland; þetta er gott.",
    "Ðe Ñandu",
    "전 세계 1위 café 체인, 책 3권과 e북",
    "SK와 LG, T전화, S펜, 챔피언 LoL챔프, A책상",
    "漢字와 한글: 猷, 理性, 傳, 旋律과 亂世",
    "Times체와 Batang체, emoji체",
    "α, β ≥ γ; x² + y³ = 5µm ± 2",
    "10€ “quoted” ‘single’ — dash… •bullet",
    "한국어 텍스트 ‘따옴표’와 “큰따옴표”, 가운뎃점·가운뎃점…",
    "¾ cup, ¼ tsp, 3×4÷2",
    "¥100 £5 ¢50",
    "Nguyễn Văn Đức, Trần Thị Hương",
    "¹²³ ªº «»",
    "São Tomé é lindo",
    "VOILÀ «tout»",
    "naïve coöperation; façade",
    "¿Él? ¿Ése?",
    "E disse: “Così…” e uscì.",
    "ÀÁÂÃÄÅ ÆÇÈÉ",
]

KOREAN = [
    "안녕하세요",
    "서울특별시 강남구 역삼동 12-3",
    "이 영화는 정말 재미있었습니다. 또 보고 싶네요!",
    "SK와 LG의 협력",
    "가격: 12,000원 (배송비 무료)",
]


def broken(text: str):
    for name, encoding in (("latin-1", "latin-1"), ("windows-1252", "sloppy-windows-1252")):
        once = text.encode("utf-8").decode(encoding)
        yield name, once
        yield name + " twice", once.encode("utf-8").decode(encoding)


def broken_korean():
    for sentence in KOREAN:
        yield {"how": "cp949 as latin-1", "broken": sentence.encode("cp949").decode("latin-1"), "sentence": sentence}
    # Only where the decoder lost no byte can a repair be certain; such words are few.
    for word in ("좋다 좋은 좋아", "한국", "나라", "사람 사람들", "좋좋", "옷 옷", "윤리 윤리", "좋은데", "쟁쟁"):
        for text in (word, word.replace(" ", "")):
            try:
                yield {"how": "utf-8 as cp949", "broken": text.encode("utf-8").decode("cp949"), "sentence": text}
            except UnicodeDecodeError:
                continue
    for word in ("München", "Beyoncé", "Málaga", "naïve", "Björk"):
        yield {"how": "utf-8 as cp949", "broken": word.encode("utf-8").decode("cp949"), "sentence": word}


def main(path: Path) -> None:
    cases = []
    for language, sentences in SENTENCES.items():
        for sentence in sentences:
            for how, text in broken(sentence):
                fixed = ftfy.fix_encoding(text)
                case = {"language": language, "how": how, "broken": text, "sentence": sentence}
                if fixed != sentence:
                    case["ftfy"] = fixed
                cases.append(case)
    sound = [*SOUND, *(sentence for sentences in SENTENCES.values() for sentence in sentences)]
    changed = [text for text in sound if ftfy.fix_encoding(text) != text]
    document = {"version": ftfy.__version__, "sound": sound, "soundButChangedByFtfy": changed, "cases": cases, "korean": list(broken_korean())}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    missed = sum("ftfy" in case for case in cases)
    print(f"{len(cases)} cases, {missed} that ftfy does not restore; {len(changed)} sound texts that it changes")


main(Path(sys.argv[1]))
