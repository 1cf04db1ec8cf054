#!/usr/bin/env python3
"""Makes further labelled crawls of gold, as `dehusk eval --train` takes them: crawls of other kinds than the gold's own.

usage: python3 benches/gold/augment.py GOLD... -o OUT.jsonl [--group REGEX]
           [--kind dense|editions|shelf|sections|hosts|extracts|all]

Gold often holds a few pages of many sites. A real crawl is often dense, so that its lists of headlines are titles of
its own pages; one host has several editions, years or books, so that its chrome stands on a part of the pages alone; or
a domain has many hosts of a page or two. A model that has not seen such crawls takes them for manuals, or does not know
what the other hosts are good for. And much text that is to be cleaned was cut out of its pages before, by something
else. Six kinds are made of the gold's pages, with their labels:

  dense     lists of headlines hold titles of the site's other pages, and further such lists stand round the article
  editions  a few pages of each site of a group (--group, as in `dehusk eval`) are one site
  shelf     a few pages of each of two to six sites, whatever their groups, are one site
  sections  the pages of each site are dealt out to sections, by their folders where these have enough pages, and each
            page has a menu of its section, which names the section's pages
  hosts     the pages of each site are dealt out to hosts of one to five pages, all of one registrable domain
  extracts  of each page the title and its first lines of content, one to about a dozen; not part of all

Nothing is drawn at random: the same gold makes the same crawls. Give gold that holds one kind of site, say newspapers,
to one call. Keep what is made of sites that a model is judged by out of its training.
"""

import argparse
import collections
import hashlib
import json
import re
import sys

LISTED = re.compile(r"^(?:\S+ ){3,}\S+$")  # a line that may be a headline: four words or more


def number(*names):
    """A number that hangs on the names alone."""
    return int.from_bytes(hashlib.md5("|".join(map(str, names)).encode()).digest()[:4], "big")


def by_site(pages):
    sites = collections.defaultdict(list)
    for page in pages:
        sites[page["site"]].append(page)
    return sites


def headline(page):
    """The page's headline: its first line of content if that is short, else the first part of its title."""
    title, *lines = page["text"].split("\n")
    first = next((line for line, gold in zip(lines, page["gold"][1:]) if gold == 1), "")
    found = first if 15 <= len(first) <= 120 else re.split(r" [|\-–—:»·] ", title)[0].strip()
    return found if 15 <= len(found) <= 120 else None


def dense_page(page, site, heads, pages_with, number_of_pages):
    lines, gold = page["text"].split("\n"), list(page["gold"])
    others = sorted((h for h in heads if h[1] != page["id"]), key=lambda h: number(site, h[1], number(page["id"]) % 4))
    others = [text for text, _ in others]
    own = [text for text, of in heads if of == page["id"]]
    used = 0
    for at, (line, label) in enumerate(zip(lines, gold)):
        rare = pages_with[line] <= max(2, 0.4 * number_of_pages)
        if at and label == 0 and 18 <= len(line) <= 110 and LISTED.match(line) and rare and number(site, line) % 5 < 3:
            lines[at] = others[used % min(len(others), 12)]
            used += 1
    content = [at for at, label in enumerate(gold) if label == 1]
    kind = number(site) % 4
    if content and kind < 2:
        added = others[: 4 + number(site, "below") % 6]
        if own and number(site, page["id"]) % 3 == 0:
            added.insert(number(page["id"]) % len(added), own[0])
        added = ["Most read" if kind else "More stories", *added]
        lines[content[-1] + 1 : content[-1] + 1] = added
        gold[content[-1] + 1 : content[-1] + 1] = [0] * len(added)
    if content and content[0] > 0 and kind in (1, 2):
        added = ["Headlines", *others[-(3 + number(site, "above") % 5) :]]
        lines[content[0] : content[0]] = added
        gold[content[0] : content[0]] = [0] * len(added)
    return {**page, "site": f"{site}-dense", "id": page["id"] + "/dense", "text": "\n".join(lines), "gold": gold}


def dense(pages):
    for site, of_site in by_site(pages).items():
        heads = [(text, page["id"]) for page in of_site if (text := headline(page))]
        if len(heads) < 3:
            continue
        pages_with = collections.Counter(line for page in of_site for line in set(page["text"].split("\n")))
        for page in of_site:
            if any(of != page["id"] for _, of in heads):
                yield dense_page(page, site, heads, pages_with, len(of_site))


def merged(chosen, name):
    """Some pages of several sites as one: `chosen` holds pairs of a site's pages and how many are taken."""
    for pages, most in chosen:
        for page in sorted(pages, key=lambda page: number(name, page["id"]))[:most]:
            yield {**page, "site": name, "id": f"{page['id']}/{name}"}


def editions(pages, group, rounds=4, most_sites=8):
    groups = collections.defaultdict(dict)
    for site, of_site in by_site(pages).items():
        groups[group(site)][site] = of_site
    for name, sites in sorted(groups.items()):
        if len(sites) < 2:
            continue
        few = [1, 2, 3, 4, 6]
        for round in range(rounds + 1):
            # The last round is one large crawl.
            taken = sorted(sites, key=lambda site: number(round, site))[:most_sites]
            size = lambda site: 25 if round == rounds else few[number(round, site, "pages") % len(few)]
            yield from merged([(sites[site], size(site)) for site in taken], f"{name}-editions{round}")


def shelf(pages, rounds=24):
    sites = by_site(pages)
    sizes = [2, 3, 5, 10, 25]
    for round in range(rounds):
        taken = sorted(sites, key=lambda site: number("shelf", round, site))[: 2 + number("shelf", round) % 5]
        chosen = [(sites[site], sizes[number("shelf", round, site, "pages") % len(sizes)]) for site in taken]
        yield from merged(chosen, f"shelf{round}")


def short_title(page):
    """What a menu calls the page: its first line of content if that is short, else the first part of its title."""
    title, *lines = page["text"].split("\n")
    first = next((line for line, gold in zip(lines, page["gold"][1:]) if gold == 1), "")
    found = first if 2 <= len(first) <= 60 else re.split(r" [|\-–—:»·] ", title)[0]
    return found.strip()[:60]


def folders(pages, fewest=4):
    """The sections of a site: the pages of each folder, or parts of equal size where that is one for most of them."""
    sections = collections.defaultdict(list)
    for page in pages:
        sections[page["url"].rpartition("/")[0]].append(page)
    sections = [section for section in sections.values() if len(section) >= fewest]
    if not sections or max(map(len, sections)) > 0.5 * len(pages):
        size = max(fewest, len(pages) // (4 + number(pages[0]["site"], "sections") % 12))
        ordered = sorted(pages, key=short_title)
        sections = [ordered[at : at + size] for at in range(0, len(ordered), size)]
    return sections


def sections(pages, fewest=24, most_entries=80):
    for site, of_site in sorted(by_site(pages).items()):
        if len(of_site) < fewest:
            continue
        below = number(site, "menu") % 3 == 0
        for at, section in enumerate(folders(of_site)):
            names = sorted({name for page in section if (name := short_title(page))})
            menu = [f"Section {at + 1}", *names[:most_entries]]
            for page in section:
                lines, gold = page["text"].split("\n"), list(page["gold"])
                content = [at for at, label in enumerate(gold) if label == 1]
                if not content:
                    continue
                to = content[-1] + 1 if below else content[0]
                lines[to:to] = menu
                gold[to:to] = [0] * len(menu)
                name, text = f"{site}-sections", "\n".join(lines)
                yield {**page, "site": name, "id": f"{page['id']}/sections", "text": text, "gold": gold}


def hosts(pages, most_pages=24):
    sizes = [1, 2, 1, 3, 5]
    for site, of_site in by_site(pages).items():
        taken = sorted(of_site, key=lambda page: number("hosts", page["id"]))[:most_pages]
        if len(taken) < 4:
            continue
        host = 0
        while taken:
            size = sizes[(number("hosts", site) + host) % len(sizes)]
            # A site that is named as a host is of its registrable domain.
            name = f"{site}-h{host}.{site}.example"
            for page in taken[:size]:
                yield {**page, "site": name, "id": page["id"] + "/host"}
            taken, host = taken[size:], host + 1


def extracts(pages):
    for site, of_site in sorted(by_site(pages).items()):
        # What cut the text out left all of its lines on one site, and on another only the long ones.
        shortest = [1, 30, 60, 100][number(site, "shortest") % 4]
        for page in of_site:
            title, *lines = page["text"].split("\n")
            content = [line for line, gold in zip(lines, page["gold"][1:]) if gold == 1 and len(line) >= shortest]
            most = [1, 2, 3, 4, 6, 8, 12][number(site, page["id"], "most") % 7]
            if title.strip() and content:
                kept = content[:most]
                text, gold = "\n".join([title, *kept]), [-1] + [1] * len(kept)
                yield {**page, "site": f"{site}-extracts", "id": f"{page['id']}/extracts", "text": text, "gold": gold}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="+", help="JSON Lines with id, url, site, text and gold; - for standard input")
    parser.add_argument("-o", "--out", required=True)
    parser.add_argument("--group", default="(.*)", help="what names the sites that belong together: its first group")
    kinds = ["dense", "editions", "shelf", "sections", "hosts", "extracts", "all"]
    parser.add_argument("--kind", choices=kinds, default="all")
    options = parser.parse_args()
    pages = []
    for name in options.gold:
        with sys.stdin if name == "-" else open(name, encoding="utf-8") as file:
            pages += [json.loads(line) for line in file if line.strip()]

    def group(site):
        found = re.match(options.group, site)
        return found.group(1) if found else site

    wanted = lambda kind: options.kind in (kind, "all")
    made = []
    if wanted("dense"):
        made += dense(pages)
    if wanted("editions"):
        mixed = list(editions(pages, group))
        made += mixed
        if wanted("dense"):
            made += dense(mixed)
    if wanted("shelf"):
        made += shelf(pages)
    if wanted("sections"):
        made += sections(pages)
    if wanted("hosts"):
        made += hosts(pages)
    if options.kind == "extracts":
        made += extracts(pages)
    with open(options.out, "x", encoding="utf-8") as file:
        file.writelines(json.dumps(page, ensure_ascii=False) + "\n" for page in made)


if __name__ == "__main__":
    main()
