"""Fixtures of src/data/sources and src/formats: Parquet by pyarrow, WARC by warcio, CP949 by Python's own table.

    pip install pyarrow==26.0.1 warcio==1.8.1 zstandard==0.25.0
    python oracles/sources.py
"""

import bz2
import datetime
import decimal
import io
import json
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

ROOT = pathlib.Path(__file__).resolve().parent.parent / "src"
FORMATS = ROOT / "formats" / "fixtures"
SOURCES = ROOT / "data" / "sources" / "fixtures"


def korean_table():
    """A line for each lead byte: what each trail byte from 41 to FE makes of it, U+FFFD where nothing."""
    lines = []
    for lead in range(0x81, 0xFF):
        row = ""
        for trail in range(0x41, 0xFF):
            try:
                row += bytes([lead, trail]).decode("cp949")
            except UnicodeDecodeError:
                row += "\ufffd"
        lines.append(row.rstrip("\ufffd"))
    (FORMATS / "cp949.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def parquet():
    folder = FORMATS / "parquet"
    folder.mkdir(parents=True, exist_ok=True)
    count = 40
    rows = []
    for i in range(count):
        rows.append(
            {
                "text": None if i % 7 == 3 else f"육수 {i}: 안녕하세요 😀 " + "가나다" * (i % 5),
                "count": i * 3 - 5,
                "large": 2**53 + i if i % 2 else -i,
                "score": i / 7,
                "kept": i % 3 == 0,
                "day": datetime.date(2024, 2, 29) + datetime.timedelta(days=i * 31 - 500),
                "time": datetime.datetime(2024, 5, 1, 12, 0, 0, i * 1001) if i % 4 else None,
                "price": decimal.Decimal(i * 1234 - 20000) / 100,
                "exact": decimal.Decimal("12345678901234567890.123456789") * (1 if i % 2 else -1),
                "tags": None if i % 6 == 5 else ["나무", None, f"t{i}"][: i % 4],
                "turns": [{"speaker": f"#Person{k + 1}#", "words": [f"말 {k}"] * k} for k in range(i % 3)],
                "answer": {"text": f"답 {i}", "start": i},
                "blob": bytes([0xFF, i, 0]) if i % 2 else None,
            }
        )
    schema = pa.schema(
        [
            ("text", pa.string()),
            ("count", pa.int32()),
            ("large", pa.int64()),
            ("score", pa.float64()),
            ("kept", pa.bool_()),
            ("day", pa.date32()),
            ("time", pa.timestamp("us")),
            ("price", pa.decimal128(9, 2)),
            ("exact", pa.decimal128(38, 9)),
            ("tags", pa.list_(pa.string())),
            ("turns", pa.list_(pa.struct([("speaker", pa.string()), ("words", pa.list_(pa.string()))]))),
            ("answer", pa.struct([("text", pa.string()), ("start", pa.int64())])),
            ("blob", pa.binary()),
        ]
    )
    table = pa.Table.from_pylist(rows, schema=schema)
    for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
        version = "2.0" if codec in ("zstd", "gzip") else "1.0"
        pq.write_table(
            table, folder / f"{codec}.parquet", compression=codec, row_group_size=17, data_page_version=version
        )
    flat = table.select(["text", "count", "price", "exact"])
    # Small pages and one group: slices of it begin within it.
    repeated = pa.concat_tables([flat] * 500)
    pq.write_table(repeated, folder / "slices.parquet", compression="zstd", data_page_size=4096)

    def plain(value):
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items()}
        if isinstance(value, list):
            return [plain(v) for v in value]
        if isinstance(value, datetime.datetime):
            return value.isoformat() + "Z"
        if isinstance(value, datetime.date):
            return value.isoformat()
        if isinstance(value, decimal.Decimal):
            return str(value) if value.as_tuple().exponent == -9 else float(value)
        if isinstance(value, bytes):
            import base64

            return {"base64": base64.b64encode(value).decode()}
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53 - 1:
            return str(value)
        return value

    expected = [plain(row) for row in table.to_pylist()]
    for row in expected:
        if row["time"]:
            head, _, fraction = row["time"][:-1].partition(".")
            row["time"] = head + ("." + fraction.rstrip("0") if fraction else "") + "Z"
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=0), encoding="utf-8")


def compressed():
    folder = FORMATS / "compressed"
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps({"i": i, "text": "육수 " * (i % 11)}, ensure_ascii=False) + "\n" for i in range(4000))
    data = text.encode()
    (folder / "expected.json").write_text(json.dumps({"rows": 4000, "bytes": len(data)}))
    one = zstandard.ZstdCompressor(level=19, write_checksum=True).compress(data[:50000])
    skippable = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"hello"
    streamed = io.BytesIO()
    with zstandard.ZstdCompressor(level=3).stream_writer(streamed, closefd=False) as writer:
        writer.write(data[50000:])
    (folder / "rows.jsonl.zst").write_bytes(one + skippable + streamed.getvalue())
    (folder / "empty.jsonl.zst").write_bytes(zstandard.ZstdCompressor().compress(b""))
    (folder / "rows.jsonl.bz2").write_bytes(bz2.compress(data[:30000], 1) + bz2.compress(data[30000:], 9))


PAGE = """<!doctype html><html lang="ko"><head><meta charset="{charset}"><title>육수 내는 법 &amp; 보관</title>
<link rel="canonical" href="https://example.org/broth"><script>document.write("<p>아님</p>")</script></head><body>
<nav><a href="/">홈</a><a href="/list">목록</a></nav><article><h1>육수 내는 법</h1>
<p>멸치와 다시마를 찬물에 삼십 분 동안 담가 둡니다. 그다음 중간 불에서 끓이다가 다시마를 건집니다.</p>
<p>똠얌꿍에도 쓰는 육수는 사흘 안에 <b>모두</b> 쓰는 것이 좋습니다.</p></article>
<footer>저작권 &copy; 2024 모든 권리 보유. 문의는 전화로 부탁드립니다.</footer></body></html>"""


def web_archives():
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    def response(writer, url, body, headers, status="200 OK"):
        http = StatusAndHeaders(status, headers, protocol="HTTP/1.1")
        fixed = {"WARC-Date": "2024-05-01T00:00:00Z", "WARC-Record-ID": f"<urn:uuid:{url[-1]}>"}
        writer.write_record(
            writer.create_warc_record(
                url, "response", payload=io.BytesIO(body), http_headers=http, warc_headers_dict=fixed
            )
        )

    def chunked(body):
        parts = [body[i : i + 500] for i in range(0, len(body), 500)]
        return b"".join(f"{len(p):x}\r\n".encode() + p + b"\r\n" for p in parts) + b"0\r\n\r\n"

    import gzip

    utf8 = PAGE.format(charset="utf-8").encode()
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    writer.write_record(writer.create_warcinfo_record("pages.warc.gz", {"software": "warcio"}))
    html = ("Content-Type", "text/html; charset=utf-8")
    response(writer, "https://example.org/1", utf8, [html])
    response(
        writer, "https://example.org/2", PAGE.format(charset="euc-kr").encode("cp949"), [("Content-Type", "text/html")]
    )
    response(
        writer,
        "https://example.org/3",
        chunked(gzip.compress(utf8, mtime=0)),
        [html, ("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip")],
    )
    # What Common Crawl keeps: the fields of what it has undone.
    response(
        writer, "https://example.org/4", utf8, [html, ("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip")]
    )
    response(writer, "https://example.org/5", b"not here", [html], status="404 Not Found")
    response(writer, "https://example.org/6", b"\x89PNG\r\n", [("Content-Type", "image/png")])
    response(writer, "https://example.org/7", b"<p>x" * 2000, [html])
    writer.write_record(
        writer.create_warc_record(
            "https://example.org/1",
            "request",
            http_headers=StatusAndHeaders("GET / HTTP/1.1", [("Host", "example.org")], is_http_request=True),
        )
    )
    (SOURCES / "pages.warc.gz").write_bytes(out.getvalue())

    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    for i, text in enumerate(["육수를 냅니다.\n둘째 줄\n", "Broth is made.\n"]):
        fixed = {
            "WARC-Date": "2024-05-01T00:00:00Z",
            "WARC-Record-ID": f"<urn:uuid:{i}>",
            "WARC-Identified-Content-Language": ["kor", "eng"][i],
        }
        writer.write_record(
            writer.create_warc_record(
                f"https://example.org/{i}",
                "conversion",
                payload=io.BytesIO(text.encode()),
                warc_content_type="text/plain",
                warc_headers_dict=fixed,
            )
        )
    (SOURCES / "texts.warc.wet.gz").write_bytes(out.getvalue())


if __name__ == "__main__":
    FORMATS.mkdir(parents=True, exist_ok=True)
    SOURCES.mkdir(parents=True, exist_ok=True)
    korean_table()
    parquet()
    compressed()
    web_archives()
