#!/usr/bin/env python3
"""Measures what a few labelled pages of a site bring: `dehusk eval --train --adapt`, a model for each site.

usage: DEHUSK=target/release/dehusk python3 benches/adapt_compare.py GOLD.jsonl [--labelled N] [--model FILE]

Of each site of the gold N pages, chosen by a hash of their ids, are labelled; all pages of the site are its crawl. The
figures are the site F1 of its other pages by the model as it was (--model, or the one compiled in) and by the model that
was adapted. They are of unseen sites only if the model has not seen them. Sites of fewer than N + 5 pages are left out.
"""

import argparse
import collections
import hashlib
import json
import os
import subprocess
import tempfile
from pathlib import Path

DEHUSK = os.environ.get("DEHUSK", "dehusk")


def write(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def site_f1(gold, model):
    command = [DEHUSK, "eval", gold, "--format", "json", "--worst", "0", *(["--model", model] if model else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)["all"]["site_f1"]


def adapted(pages, labelled, model, folder):
    """Site F1 of the pages that are not labelled, before and after."""
    pages = sorted(pages, key=lambda page: hashlib.md5(str(page["id"]).encode()).hexdigest())
    few, crawl, rest, own = (folder / name for name in ["few.jsonl", "crawl.jsonl", "rest.jsonl", "own.json"])
    own.unlink(missing_ok=True)
    write(few, pages[:labelled])
    write(crawl, ({key: value for key, value in page.items() if key != "gold"} for page in pages))
    hidden = [{**page, "gold": [-1] * len(page["gold"])} for page in pages[:labelled]]
    write(rest, hidden + pages[labelled:])
    command = [DEHUSK, "eval", few, "--with", crawl, "--train", own, "--adapt", *(["--model", model] if model else [])]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return site_f1(rest, model), site_f1(rest, own)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", help="JSON Lines with id, url, site, text and gold")
    parser.add_argument("--labelled", type=int, default=5, metavar="N", help="pages of each site [5]")
    parser.add_argument("--model", metavar="FILE", help="the model to begin with")
    options = parser.parse_args()
    sites = collections.defaultdict(list)
    with open(options.gold, encoding="utf-8") as file:
        for line in file:
            page = json.loads(line)
            sites[page["site"]].append(page)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for site, pages in sorted(sites.items()):
            if len(pages) >= options.labelled + 5:
                found.append((site, *adapted(pages, options.labelled, options.model, Path(folder))))
    gains = sorted((after - before, site) for site, before, after in found)
    mean = lambda values: sum(values) / max(1, len(found))
    print(f"{len(found)} sites, {options.labelled} labelled pages each")
    print(f"site F1 {mean([row[1] for row in found]):.4f} before, {mean([row[2] for row in found]):.4f} after")
    better, worse = sum(gain > 0.001 for gain, _ in gains), sum(gain < -0.001 for gain, _ in gains)
    print(f"{better} sites gain more than .001, {worse} lose more")
    for gain, site in gains[:3] + gains[max(3, len(gains) - 3) :]:
        print(f"  {gain:+.3f}  {site}")


if __name__ == "__main__":
    main()
