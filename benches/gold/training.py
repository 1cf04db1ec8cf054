#!/usr/bin/env python3
"""Makes the crawls of documentation that the weights are learned from, of what documentation.py labels.

usage: python3 benches/gold/training.py DOCS OUT [GOLD...]

DOCS is the folder that documentation.py has filled. OUT gets four files of gold:

  docs-train.jsonl       TEXTS sites as text
  docs-html-train.jsonl  others as HTML, MARKED at most
  docs-shelf.jsonl       shelves of the sites as text, as augment.py makes them
  docs-sections.jsonl    every third of them, and those of GOLD, with menus of sections

Sites whose chrome is less than LEAST_CHROME of their lines teach nothing of chrome, and are left out; the others are
taken in the order of a hash of their names. Lines of content that stand in a row on several pages, such as the members
that a class inherits, do not count: a menu of a section looks the same, and a model that is told to keep the one keeps
the other.
"""

import argparse
import collections
import json
import re
from pathlib import Path

import augment

TEXTS, MARKED = 140, 80
LEAST_CHROME = 0.05  # of a site as text; as HTML twice that
LOOKED_AT = 60  # pages of a site that its share of chrome is taken from, and that shelves are made of
ROW = 6  # lines
ROW_PAGES = 3


def read(path):
    """The rows of each site, in the order of the file."""
    sites = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            page = json.loads(line)
            sites.setdefault(page["site"], []).append(page)
    return sites


def write(path, pages):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(page, ensure_ascii=False) + "\n" for page in pages)


def share_of_chrome(pages):
    labels = collections.Counter(label for page in pages[:LOOKED_AT] for label in page["gold"])
    return labels[0] / max(1, labels[0] + labels[1])


def order(site):
    return augment.number(f"t{site}")


def key(line):
    return re.sub(r"\s+", " ", re.sub(r"\d", "0", line.lower())).strip()


def without_repeats(pages):
    """The pages of one site, with -1 for content in runs of lines that other pages have in a row."""
    shown = []
    pairs = collections.Counter()
    for page in pages:
        lines = [(at, key(line)) for at, line in enumerate(page["text"].split("\n")) if line.strip()]
        shown.append(lines)
        pairs.update({(above, below) for (_, above), (_, below) in zip(lines, lines[1:])})
    for page, lines in zip(pages, shown):
        gold = list(page["gold"])
        start = 0
        for end in range(1, len(lines) + 1):
            if end < len(lines) and pairs[lines[end - 1][1], lines[end][1]] >= ROW_PAGES:
                continue
            if end - start >= ROW:
                for at, _ in lines[start:end]:
                    gold[at] = -1 if gold[at] == 1 else gold[at]
            start = end
        yield {**page, "gold": gold}


def of_each_site(pages):
    for site in augment.by_site(pages).values():
        yield from without_repeats(site)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("docs", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("gold", nargs="*", type=Path, help="further manuals, as JSON Lines: menus of sections are made for them")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    texts = read(options.docs / "docs2.jsonl")
    chrome = {site: share_of_chrome(pages) for site, pages in texts.items()}
    chosen = [site for site in sorted(texts, key=order) if chrome[site] >= LEAST_CHROME][:TEXTS]
    write(options.out / "docs-train.jsonl", (page for site in chosen for page in without_repeats(texts[site])))
    write(options.out / "docs-shelf.jsonl", augment.shelf([page for site in chosen for page in texts[site][:LOOKED_AT]]))
    manuals = [page for site in chosen[::3] for page in texts[site]]
    manuals += [page for path in options.gold for pages in read(path).values() for page in pages]
    write(options.out / "docs-sections.jsonl", of_each_site(list(augment.sections(manuals))))

    marked = read(options.docs / "docs-html.jsonl")
    may = (site for site in sorted(marked, key=order) if chrome[site] >= 2 * LEAST_CHROME and site not in chosen)
    others = list(may)[:MARKED]
    write(options.out / "docs-html-train.jsonl", (page for site in others for page in without_repeats(marked[site])))
    print(f"{len(chosen)} sites as text, {len(others)} as HTML")


if __name__ == "__main__":
    main()
