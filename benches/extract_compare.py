#!/usr/bin/env python3
"""Compares what dehusk and other extractors keep of pages of HTML with what should be kept, word by word.

    python3 -m pip install trafilatura readability-lxml resiliparse justext
    benches/extract_compare.py FOLDER REFERENCE.jsonl

FOLDER holds pages, SITE/PATH.html. REFERENCE has a row for each page that is looked at: `id`, its path under FOLDER, and
`text`, what should be kept; if a row has `gold`, only the lines that it numbers 1. Without arguments the pages of samples/
are taken. Tools that are not installed are left out. DEHUSK names another binary than target/release/dehusk.

A text is a bag of words: runs of letters and digits in small letters; in scripts without spaces, each two characters side
by side. The figures are means over pages. dehusk is run twice: on all pages together, and with each page on a site of its
own, as the other tools see them; the others are run as their manuals say.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEHUSK = os.environ.get("DEHUSK", str(ROOT / "target/release/dehusk"))
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def words(text: str) -> Counter:
    found = Counter()
    for word in re.findall(r"\w+", text.lower()):
        pairs = [word[at : at + 2] for at in range(max(1, len(word) - 1))]
        found.update(pairs if UNSPACED.search(word) else [word])
    return found


def figures(kept: str, reference: str) -> tuple[float, float, float]:
    """Precision, recall and F1 of the words kept."""
    ours, theirs = words(kept), words(reference)
    both = (ours & theirs).total()
    precision, recall = both / max(1, ours.total()), both / max(1, theirs.total())
    return precision, recall, 2 * precision * recall / (precision + recall) if both else 0.0


def dehusk(pages: dict[str, Path], alone: bool) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as work:
        paths = {f"{at}.example/page.html" if alone else page: page for at, page in enumerate(pages)}
        for path, page in paths.items():
            to = Path(work, "in", path)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(pages[page], to)
        out = Path(work, "out.jsonl")
        subprocess.run([DEHUSK, "clean", Path(work, "in"), "-o", out, "--format", "jsonl", "-q"], check=True)
        rows = map(json.loads, out.read_text(encoding="utf-8").splitlines())
        return {paths[row["url"]]: row["text"] for row in rows}


def others() -> dict:
    """What is installed, by name: a function from the bytes of a page to the text kept."""
    tools = {}
    try:
        import trafilatura

        tools[f"trafilatura {trafilatura.__version__}"] = lambda html: trafilatura.extract(html, include_comments=False)
    except ImportError:
        pass
    try:
        import lxml.html
        from readability import Document

        tools["readability-lxml"] = lambda html: lxml.html.fromstring(
            Document(html.decode("utf-8", "replace")).summary()
        ).text_content()
    except ImportError:
        pass
    try:
        from resiliparse.extract.html2text import extract_plain_text
        from resiliparse.parse.encoding import bytes_to_str, detect_encoding

        tools["resiliparse, main content"] = lambda html: extract_plain_text(
            bytes_to_str(html, detect_encoding(html)), main_content=True
        )
    except ImportError:
        pass
    try:
        import justext

        stop = justext.get_stoplist("English")
        tools["jusText, English"] = lambda html: "\n".join(
            block.text for block in justext.justext(html, stop) if not block.is_boilerplate
        )
    except ImportError:
        pass
    return tools


def kept_by(tool, html: bytes) -> str:
    try:
        return tool(html) or ""
    except Exception as error:  # a page that a tool cannot read is one of which it keeps nothing
        print(f"{type(error).__name__}: {error}"[:100], file=sys.stderr)
        return ""


def main() -> None:
    folder, reference = map(Path, sys.argv[1:3] if len(sys.argv) == 3 else (ROOT / "samples/folder", ROOT / "samples/gold.jsonl"))
    wanted = {}
    for row in map(json.loads, reference.read_text(encoding="utf-8").splitlines()):
        gold = row.get("gold")
        lines = row["text"].split("\n")
        wanted[row["id"]] = "\n".join(line for at, line in enumerate(lines) if gold is None or gold[at] == 1)
    wanted = {page: text for page, text in wanted.items() if text.strip()}
    pages = {page: folder / page for page in wanted}

    kept = {"dehusk": dehusk(pages, alone=False), "dehusk, each page alone": dehusk(pages, alone=True)}
    for name, tool in others().items():
        kept[name] = {page: kept_by(tool, path.read_bytes()) for page, path in pages.items()}
    print(f"| {len(pages)} pages | precision | recall | F1 |\n|---|--:|--:|--:|")
    for name, texts in kept.items():
        of_pages = [figures(texts.get(page, ""), text) for page, text in wanted.items()]
        mean = [sum(column) / len(of_pages) for column in zip(*of_pages)]
        print(f"| {name} | " + " | ".join(f"{value:.3f}".lstrip("0") for value in mean) + " |")


main()
