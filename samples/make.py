#!/usr/bin/env python3
"""Writes the samples: the same pages as WARC, WET, JSONL, Parquet and a folder, and their gold lines.

usage: python3 samples/make.py [OUT]        OUT: where to write, by default this file's folder

The pages are an invented newspaper, made here from newspaper/*.toml, and real documentation pages,
read from docs/. A run writes the same bytes as the run before it: what varies from page to page
(the rotation of the headline lists, numbers of comments) is drawn by a hash of names, not by chance.
Needs Python 3.11 and nothing else, except for Parquet: without pyarrow that file stays as it is, and a
test says so if its pages have changed. README.md says what the forms hold and how gold was assigned.
"""

import base64
import datetime
import hashlib
import io
import json
import re
import shutil
import sys
import tomllib
import uuid
import zlib
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from pathlib import Path

HERE = Path(__file__).resolve().parent
FIRST_DAY = datetime.datetime(2014, 5, 12)
DOCS_FETCHED = datetime.datetime(2026, 11, 20, 9, 0)


@dataclass
class Page:
    """One page as every form holds it. `path` starts with the host: it is the id, and the folder's path."""

    path: str
    html: bytes
    charset: str
    language: str  # ISO 639-1
    iso3: str  # ISO 639-3, as WET names languages
    fetched: datetime.datetime
    lines: list  # (text, gold)

    @property
    def url(self):
        return "https://" + self.path

    @property
    def text(self):
        return "\n".join(text for text, _ in self.lines)

    @property
    def site(self):
        return self.path.split("/")[0].removeprefix("www.")

    @property
    def timestamp(self):
        return self.fetched.strftime("%Y-%m-%dT%H:%M:%SZ")


# ---------------------------------------------------------------- HTML to lines

BLOCK = set(
    "address article aside blockquote body br button caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup "
    "option p pre section select summary table tbody textarea tfoot thead title tr ul".split()
)
DROPPED = {"script", "style", "noscript", "template", "svg"}
HTML_SPACE = re.compile("[ \t\n\r\f]+")  # what HTML folds; a no-break space is not among it
VOID = set("area base br col embed hr img input link meta source track wbr".split())


class LineParser(HTMLParser):
    """Cuts HTML into lines: a block element ends a line, cells of a row share one, <pre> keeps its own.

    `judge(tag, attributes)` gives the gold of an element's text, or None where it is its parent's.
    """

    def __init__(self, judge):
        super().__init__(convert_charrefs=True)
        self.judge = judge
        self.lines = []
        self.open = []  # (tag, gold) of the elements around the cursor
        self.text = []
        self.weight = {1: 0, 0: 0, -1: 0}

    def inside(self, *tags):
        return any(tag in tags for tag, _ in self.open)

    def end_line(self):
        raw = "".join(self.text)
        cells = [re.sub(" +", " ", cell).strip(" ") for cell in raw.split("\t")]
        line = raw.rstrip() if self.inside("pre") else "\t".join(cell for cell in cells if cell).strip()
        if line.strip():
            labels = [gold for gold, size in self.weight.items() if size]
            if self.judge is gold_attribute and len(labels) != 1:
                raise ValueError(f"a line of the newspaper with two golds: {line!r}")
            self.lines.append((line, max(self.weight, key=self.weight.get)))
        self.text = []
        self.weight = {1: 0, 0: 0, -1: 0}

    def boundary(self, tag):
        if tag in BLOCK:
            if tag != "tr" and self.inside("td", "th"):
                self.text.append(" ")
            else:
                self.end_line()

    def handle_starttag(self, tag, attrs):
        self.boundary(tag)
        if tag in ("td", "th"):
            self.text.append("\t")
        if tag not in VOID:
            own = -1 if tag == "title" else self.judge(tag, dict(attrs))
            self.open.append((tag, own if own is not None else self.open[-1][1] if self.open else 0))

    def handle_endtag(self, tag):
        if not self.inside(tag):
            return
        self.boundary(tag)
        while self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if self.inside(*DROPPED):
            return
        gold = self.open[-1][1] if self.open else 0
        rows = data.split("\n") if self.inside("pre") else [HTML_SPACE.sub(" ", data)]
        for i, row in enumerate(rows):
            if i:
                self.end_line()
            self.text.append(row)
            self.weight[gold] += len(row.strip())


def gold_attribute(_tag, attrs):
    """The newspaper's judge: its templates write gold="1" or gold="0" on elements."""
    return int(attrs["gold"]) if "gold" in attrs else None


def lines_of(html, judge):
    """The lines of a page's text, title first, each with its gold."""
    parser = LineParser(judge)
    parser.feed(html)
    parser.close()
    parser.end_line()
    return parser.lines


# ---------------------------------------------------------------- the newspaper


def draw(*names):
    """A number that depends on the names alone, and looks like chance."""
    return int.from_bytes(hashlib.sha256("|".join(map(str, names)).encode()).digest()[:8], "big")


def rotate(name, pool, day, size):
    """What a list of `size` headlines shows on a day. 60 to 80 % of it stood there the day before.

    `pool` holds (headline, href, first day); a day's own articles come in first, and at the top.
    """
    shown = sorted((h for h in pool if h[2] <= 1), key=lambda h: draw(name, 1, h[0]))[:size]
    for today in range(2, day + 1):
        leave = round(size * (0.2 + 0.2 * (draw(name, today) % 2)))
        leavers = sorted(shown, key=lambda h: draw(name, "out", today, h[0]))[:leave]
        fresh = [h for h in pool if h[2] <= today and h not in shown]
        fresh.sort(key=lambda h: (h[2] != today, draw(name, "in", today, h[0])))
        shown = fresh[:leave] + [h for h in shown if h not in leavers]
    return shown


def link(headline, href):
    return f'<a href="{href}">{escape(headline, quote=False)}</a>'


def items(entries, indent="  "):
    return "\n".join(f"{indent}<li>{entry}</li>" for entry in entries)


def plain_links(words):
    return [link(word, "#") for word in words]


def body_html(text, read_also):
    """An article's body from its few marks (see articles.toml) to HTML."""
    out = []
    for block in text.strip().split("\n\n"):
        rows = [escape(row, quote=False) for row in block.split("\n")]
        first = rows[0]
        if first == "!ad":
            out.append('<div class="ad" gold="0">Advertisement</div>')
        elif first == "!read":
            out.append(f'<p class="read-also" gold="0">Read also: {link(*read_also[:2])}</p>')
        elif first.startswith("## "):
            out.append(f"<h2>{first[3:]}</h2>")
        elif first.startswith("- "):
            out.append("<ul>\n" + items(row[2:] for row in rows) + "\n</ul>")
        elif first.startswith("1. "):
            out.append("<ol>\n" + items(row.split(". ", 1)[1] for row in rows) + "\n</ol>")
        elif first.startswith("| "):
            out.append(table_html(rows))
        elif first.startswith("@ "):
            out.append(entry_html(*first[2:].split(" | "), rows[1]))
        else:
            out.extend(f"<p>{row}</p>" for row in rows)
    return "\n".join(out)


def table_html(rows):
    cells = [row[2:].split(" | ") for row in rows]
    head = "".join(f"<th>{cell}</th>" for cell in cells[0])
    body = "\n".join("  <tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in cells[1:])
    return f"<table>\n  <tr>{head}</tr>\n{body}\n</table>"


def entry_html(time, head, text):
    return f"""<div class="post">
  <p class="post-time">{time}</p>
  <h3>{head}</h3>
  <p>{text}</p>
  <p class="post-share" gold="0">{link("Share this post", "#")}</p>
</div>"""


def comments_html(article, title, links, ages):
    """The readers' comments: found on this page alone, and still not what the page says."""
    comments = article.get("comments", [])
    if not comments:
        return ""
    out = [f'<h2 class="rubric">{title}</h2>']
    for i, (name, text) in enumerate(comments):
        out.append(
            f"""<div class="comment">
  <p class="who">{escape(name, quote=False)}</p>
  <p class="when">{ages[draw(article["slug"], i) % len(ages)]}</p>
  <p>{escape(text, quote=False)}</p>
  <ul class="comment-links">
{items(plain_links(links), "    ")}
  </ul>
</div>"""
        )
    return '<div id="comments" class="comments">\n' + "\n".join(out) + "\n</div>"


def comment_count(article):
    """How many comments the page says it has; it shows the first few."""
    shown = len(article.get("comments", []))
    return shown and shown + draw("count", article["slug"]) % 85


def by_line(article):
    name = article["byline"]
    if name and not name.startswith("Courier"):
        name = "By " + name
    return ", ".join(part for part in (name, article["role"]) if part)


def optional(template, value):
    return template.format(escape(value, quote=False)) if value else ""


def squeeze(html):
    """Without the empty lines that absent parts leave."""
    return re.sub(r"\n\s*\n+", "\n", html).strip() + "\n"


class Newspaper:
    """The Port Alder Courier in English: its pools of headlines and its templates."""

    def __init__(self, site, articles):
        self.site = site
        self.articles = articles
        self.pools = {section: self.pool(section) for section in site["menu"]}
        everything = [entry for pool in self.pools.values() for entry in pool]
        films = [(film, f"/films/{draw(film) % 10000}.html", 1 + i // 2) for i, film in enumerate(site["films"])]
        self.list_pools = [everything, everything, films + everything[::3]]

    def pool(self, section):
        own = [(a["headline"], self.href(a), a["day"]) for a in self.articles if a["section"] == section]
        other = self.site["headlines"][section]
        return own + [(h, f"/{section}/a{draw(h) % 10**7}.html", 1) for h in other]

    def href(self, article, section=None):
        return f"/{section or article['section']}/2014/05/{11 + article['day']}/{article['slug']}.html"

    def date(self, day):
        return f"{self.site['weekdays'][day - 1]} {11 + day} May 2014"

    def pages(self):
        for article in self.articles:
            day = article.get("fetched", article["day"])
            for section in filter(None, (article["section"], article.get("also"))):
                html = self.page(article["headline"], section, day, self.article_html(article, section, day))
                yield self.href(article, section), day, html
        for section, day in (("", 6), ("news", 5), ("sport", 6)):
            title = section.capitalize() or "Front page"
            yield (
                f"/{section}/index.html".replace("//", "/"),
                day,
                self.page(title, section, day, self.front_html(section, day)),
            )

    def share_line(self, article, soup):
        words = [word.format(n=comment_count(article)) for word in self.site["share"]]
        if soup:
            return '<div class="share">' + " | ".join(plain_links(words)) + "</div>"
        return '<ul class="share">\n' + items(plain_links(words)) + "\n</ul>"

    def article_html(self, article, section, day):
        soup = section in ("sport", "life")
        pool = [h for h in self.pools[section] if h[2] <= day and h[0] != article["headline"]]
        pool.sort(key=lambda h: draw("related", article["slug"], h[0]))
        place = article.get("place")
        dateline = f"{place}, {11 + article['day']} May (Courier) - " if place else ""
        count = comment_count(article)
        author = article["byline"] if " " in article["byline"] and not article["byline"].startswith("Courier") else ""
        related = "<ul>\n" + items(link(*h[:2]) for h in pool[:4]) + "\n</ul>"
        return f"""
<{"div" if soup else "article"} class="story">
<h1 gold="1">{escape(article["headline"], quote=False)}</h1>
{optional('<p class="standfirst" gold="1">{}</p>', article["standfirst"])}
{optional('<p class="byline" gold="1">{}</p>', by_line(article))}
<p class="stamp" gold="-1">Published at {article["time"]}, {self.date(article["day"])}</p>
{self.share_line(article, soup)}
{
            optional(
                '<figure><img src="/img/'
                + article["slug"]
                + '.jpg" alt=""><figcaption gold="1">{}</figcaption></figure>',
                article.get("caption"),
            )
        }
<div class="body" gold="1">
{body_html(dateline + article["body"].strip(), pool[4])}
</div>
{optional('<p class="follow"><a href="#">More from {}</a></p>', author)}
{self.share_line(article, soup)}
</{"div" if soup else "article"}>
<{"div" if soup else "aside"} class="related">
<h2 class="rubric">Related stories</h2>
{related}
</{"div" if soup else "aside"}>
{
            comments_html(
                article,
                f"Comments ({count})",
                ["Reply", "Report"],
                ["1 hour ago", "2 hours ago", "5 hours ago", "Yesterday"],
            )
        }
<p class="all-comments"><a href="#">{
            "Show all " + str(count) + " comments" if article.get("comments") else "Be the first to comment"
        }</a></p>"""

    def front_html(self, section, day):
        """A section front, or the home page: teasers of what other pages say, so none of it is gold."""
        shown = [a for a in self.articles if a["day"] <= day and section in ("", a["section"], a.get("also"))]
        shown.sort(key=lambda a: (-a["day"], draw("front", a["slug"])))
        teasers = "\n".join(
            f"""<div class="teaser">
  <h2>{link(a["headline"], self.href(a))}</h2>
  {optional("<p>{}</p>", a["standfirst"])}
</div>"""
            for a in shown[:12]
        )
        others = [h for s in self.pools if section in ("", s) for h in self.pools[s] if re.search(r"/a\d", h[1])]
        others.sort(key=lambda h: draw("front", section, h[0]))
        return f"""
<h1>{section.capitalize() or "Front page"}</h1>
{teasers}
<h2 class="rubric">Also in the paper</h2>
<ul>
{items(link(*h[:2]) for h in others[:8])}
</ul>"""

    def lists_html(self, day, soup):
        out = []
        for name, pool in zip(self.site["lists"], self.list_pools):
            entries = items(link(*h[:2]) for h in rotate(name, pool, day, 8))
            tag, kind = ("div", "ul") if soup else ("aside", "ol")
            css = name.lower().replace(" ", "-")
            out.append(f'<{tag} class="{css}">\n<h3>{name}</h3>\n<{kind}>\n{entries}\n</{kind}>\n</{tag}>')
        return "\n".join(out)

    def page(self, title, section, day, main):
        site, soup = self.site, section in ("sport", "life")
        sections = [link(s.capitalize(), f"/{s}/index.html") for s in site["menu"]]
        if soup:
            header, nav, footer = "div", "div", "div"
            menu = '<div class="menu">' + " | ".join(sections) + "</div>"
        else:
            header, nav, footer = "header", "nav", "footer"
            menu = '<ul class="menu">\n' + items(sections) + "\n</ul>"
        sub_menu = '<ul class="sub-menu">\n' + items(plain_links(site["menu"][section])) + "\n</ul>" if section else ""
        crumbs = (
            f'<p class="crumbs"><a href="/index.html">Home</a> &gt; {sections[list(site["menu"]).index(section)]}</p>'
            if section
            else ""
        )
        columns = "\n".join(
            f"<h4>{head}</h4>\n<ul>\n{items(plain_links(links))}\n</ul>" for head, links in site["footer"]
        )
        return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{escape(title, quote=False)} | {site["name"]}</title>
<link rel="stylesheet" href="/css/courier.css">
<script>var page = {{"section": "{section}", "day": {day}}};</script>
</head>
<body>
<{header} class="top">
<p class="skip"><a href="#main">Skip to the story</a></p>
<p class="logo"><a href="/index.html">{site["name"]}</a></p>
<p class="tagline">{site["tagline"]}</p>
<p class="today">{self.date(day)}</p>
<p class="weather">Port Alder: {site["weather"][day - 1]}</p>
<ul class="account">
{items(plain_links(["Sign in", "Register", "Subscribe"]))}
</ul>
</{header}>
<{nav} class="navigation">
{menu}
{sub_menu}
</{nav}>
<div id="main">
{crumbs}
{main}
</div>
<div class="side">
{self.lists_html(day, soup)}
<div class="newsletter">
<h3>The Morning Tide</h3>
<p>The day's news from the harbour in your inbox at six.</p>
<form action="/newsletter"><input type="email" name="address"><button type="submit">Sign up</button></form>
</div>
<div class="ad">Advertisement</div>
</div>
<{footer} class="bottom">
{columns}
<p class="legal">{" | ".join(plain_links(site["legal"]))}</p>
<p class="copyright">{escape(site["copyright"], quote=False).replace("©", "&copy;")}</p>
</{footer}>
<div class="cookies">
<p>{site["cookies"]}</p>
<button type="button">OK</button>
</div>
</body>
</html>
"""


class Edition:
    """The newspaper in another language: another menu, other lists, few pages."""

    def __init__(self, spec):
        self.spec = spec
        own = [(a["headline"], self.href(a), a["day"]) for a in spec["article"]]
        other = [(h, f"/{spec['lang']}/a{draw(h) % 10**7}.html", 1) for h in spec["headlines"]]
        self.headlines = own + other
        self.list_pools = [self.headlines, other + own[1:], other]

    def href(self, article):
        return f"/{self.spec['lang']}/2014/05/{11 + article['day']}/{article['slug']}.html"

    def date(self, day):
        return self.spec["date"].format(weekday=self.spec["weekdays"][day - 1], day=11 + day)

    def pages(self):
        for article in self.spec["article"]:
            yield self.href(article), article["day"], self.page(article), article.get("encoding", "utf-8")

    def page(self, article):
        spec, day = self.spec, article["day"]
        count = comment_count(article)
        share = '<ul class="share">\n' + items(plain_links(word.format(n=count) for word in spec["share"])) + "\n</ul>"
        menu = [link(word, f"/{spec['lang']}/{i}.html") for i, word in enumerate(spec["menu"])]
        related = [h for h in self.headlines if h[2] <= day and h[0] != article["headline"]]
        related.sort(key=lambda h: draw("related", article["slug"], h[0]))
        lists = "\n".join(
            f"<aside>\n<h3>{name}</h3>\n<ol>\n"
            + items(link(*h[:2]) for h in rotate(name, pool, day, 5))
            + "\n</ol>\n</aside>"
            for name, pool in zip(spec["lists"], self.list_pools)
        )
        gap = "" if spec["lang"] in ("zh", "ja") else " "
        dateline = f"{article['place']}{spec['comma']}{article['dateline']}{gap}"
        return f"""<!DOCTYPE html>
<html lang="{spec["lang"]}" dir="{spec.get("dir", "ltr")}">
<head>
<meta charset="{article.get("encoding", "utf-8")}">
<title>{escape(article["headline"], quote=False)} | {spec["name"]}</title>
<link rel="stylesheet" href="/css/courier.css">
</head>
<body>
<header>
<p class="skip"><a href="#main">{spec["skip"]}</a></p>
<p class="logo"><a href="/{spec["lang"]}/">{spec["name"]}</a></p>
<p class="tagline">{spec["tagline"]}</p>
<p class="today">{self.date(day)}</p>
</header>
<nav>
<ul class="menu">
{items(menu)}
</ul>
</nav>
<div id="main">
<p class="crumbs">{menu[0]} &gt; {menu[article["section"]]}</p>
<article>
<h1 gold="1">{escape(article["headline"], quote=False)}</h1>
<p class="standfirst" gold="1">{escape(article["standfirst"], quote=False)}</p>
<p class="byline" gold="1">{escape(article["byline"], quote=False)}</p>
<p class="stamp" gold="-1">{self.date(day)}{spec["comma"]}{article["time"]}</p>
{share}
{
            optional(
                '<figure><img src="/img/'
                + article["slug"]
                + '.jpg" alt=""><figcaption gold="1">{}</figcaption></figure>',
                article.get("caption"),
            )
        }
<div class="body" gold="1">
{body_html(dateline + article["body"].strip(), None)}
</div>
{share}
</article>
<aside class="related">
<h2 class="rubric">{spec["related"]}</h2>
<ul>
{items(link(*h[:2]) for h in related[:3])}
</ul>
</aside>
{comments_html(article, f"{spec['comments']} ({count})", spec["comment_links"], [self.date(day)])}
</div>
{lists}
<div class="newsletter">
<h3>{spec["newsletter"][0]}</h3>
<p>{spec["newsletter"][1]}</p>
<button type="button">{spec["newsletter"][2]}</button>
</div>
<footer>
<ul>
{items(plain_links(spec["about"][:-1]))}
</ul>
<p class="copyright">&copy; 2014 {spec["name"]}. {spec["about"][-1]}</p>
</footer>
<div class="cookies">
<p>{spec["cookies"]}</p>
<button type="button">{spec["accept"]}</button>
</div>
</body>
</html>
"""


def newspaper_pages():
    def load(name):
        return tomllib.loads((HERE / "newspaper" / name).read_text(encoding="utf-8"))

    site = load("site.toml")
    found = [(*page, "utf-8", "en", "eng") for page in Newspaper(site, load("articles.toml")["article"]).pages()]
    for spec in load("editions.toml")["edition"]:
        found += [(*page, spec["lang"], spec["iso3"]) for page in Edition(spec).pages()]
    for href, day, marked, charset, language, iso3 in found:
        marked = squeeze(marked)
        lines = lines_of(marked, gold_attribute)
        html = re.sub(r' gold="-?[01]"', "", marked)
        if [text for text, _ in lines] != [text for text, _ in lines_of(html, lambda *_: 0)]:
            raise ValueError(f"{href}: the page and its gold differ")
        evening = FIRST_DAY + datetime.timedelta(days=day - 1, hours=22, seconds=draw("fetched", href) % 7000)
        yield Page(site["host"] + href, html.encode(charset), charset, language, iso3, evening, lines)


# ---------------------------------------------------------------- the documentation


def judge_httpd(_tag, attrs):
    """The Apache manual: the content box, without its language links and table of contents."""
    if attrs.get("id") == "page-content":
        return 1
    if attrs.get("id") == "quickview" or attrs.get("class") in ("toplang", "bottomlang", "top", "lang-toggle"):
        return 0
    return None


def judge_sphinx(_tag, attrs):
    """Sphinx: the main box."""
    return 1 if attrs.get("role") == "main" else None


JUDGES = {"httpd.apache.org": judge_httpd, "kafka-python.readthedocs.io": judge_sphinx}


def docs_pages():
    for host, judge in JUDGES.items():
        for i, file in enumerate(sorted((HERE / "docs" / host).rglob("*.html"))):
            html = file.read_bytes()
            path = file.relative_to(HERE / "docs").as_posix()
            fetched = DOCS_FETCHED + datetime.timedelta(seconds=17 * i)
            yield Page(path, html, "utf-8", "en", "eng", fetched, lines_of(html.decode("utf-8"), judge))


# ---------------------------------------------------------------- writing


def gzip_member(data):
    """One gzip member with an empty header: no name, no time, no system."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(data) + packer.flush()
    tail = zlib.crc32(data).to_bytes(4, "little") + (len(data) % 2**32).to_bytes(4, "little")
    return b"\x1f\x8b\x08\0\0\0\0\0\2\xff" + body + tail


def urn(*names):
    return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, ' '.join(names))}>"


def digest(data):
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def record(headers, block):
    """A WARC record as a gzip member of its own."""
    headers = {**headers, "WARC-Block-Digest": digest(block), "Content-Length": len(block)}
    head = "WARC/1.0\r\n" + "".join(f"{key}: {value}\r\n" for key, value in headers.items()) + "\r\n"
    return gzip_member(head.encode() + block + b"\r\n\r\n")


def warcinfo(name, pages):
    block = "software: dehusk samples/make.py\r\nformat: WARC File Format 1.0\r\nisPartOf: dehusk-samples\r\n"
    return record(
        {
            "WARC-Type": "warcinfo",
            "WARC-Date": max(page.timestamp for page in pages),
            "WARC-Record-ID": urn("warcinfo", name),
            "WARC-Filename": name,
            "Content-Type": "application/warc-fields",
        },
        block.encode(),
    )


def chunked(body, size=4000):
    """`Transfer-Encoding: chunked`: the body in pieces, each under its length in hex."""
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    return b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces) + b"0\r\n\r\n"


def http_response(i, page):
    """The page as a server sends it. The encodings take turns; a Shift_JIS page's header names no charset."""
    charset = "" if page.charset == "shift_jis" else f"; charset={page.charset}"
    headers = [
        "HTTP/1.1 200 OK",
        page.fetched.strftime("Date: %a, %d %b %Y %H:%M:%S GMT"),
        "Server: nginx/1.6.0",
        f"Content-Type: text/html{charset}",
    ]
    body = page.html
    content_encoding = ("", "", "gzip", "gzip", "deflate")[i % 5]
    if content_encoding:
        body = gzip_member(body) if content_encoding == "gzip" else zlib.compress(body, 9)
        headers.append(f"Content-Encoding: {content_encoding}")
    if i % 5 in (1, 3):
        body = chunked(body)
        headers.append("Transfer-Encoding: chunked")
    else:
        headers.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(headers) + "\r\n\r\n").encode(), body


def warc(name, pages):
    """Request, response and metadata for each page; at the end one page once more, as a revisit."""
    out = [warcinfo(name, pages)]
    for i, page in enumerate(pages):
        host, path = page.path.split("/", 1)
        common = {"WARC-Target-URI": page.url, "WARC-Date": page.timestamp}
        response = urn("response", page.url)
        request = (
            f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip, deflate\r\nUser-Agent: samples/1\r\n\r\n"
        )
        head, body = http_response(i, page)
        out.append(
            record(
                {
                    "WARC-Type": "request",
                    **common,
                    "WARC-Record-ID": urn("request", page.url),
                    "WARC-Concurrent-To": response,
                    "Content-Type": "application/http; msgtype=request",
                },
                request.encode(),
            )
        )
        out.append(
            record(
                {
                    "WARC-Type": "response",
                    **common,
                    "WARC-Record-ID": response,
                    "WARC-Payload-Digest": digest(body),
                    "Content-Type": "application/http; msgtype=response",
                },
                head + body,
            )
        )
        out.append(
            record(
                {
                    "WARC-Type": "metadata",
                    **common,
                    "WARC-Record-ID": urn("metadata", page.url),
                    "WARC-Refers-To": response,
                    "Content-Type": "application/warc-fields",
                },
                f"fetchTimeMs: {40 + draw('ms', page.url) % 900}\r\n".encode(),
            )
        )
    again = next(i for i, page in enumerate(pages) if page.site == "portaldercourier.example")
    page = pages[again]
    head, body = http_response(again, page)
    later = (page.fetched + datetime.timedelta(hours=11)).strftime("%Y-%m-%dT%H:%M:%SZ")
    out.append(
        record(
            {
                "WARC-Type": "revisit",
                "WARC-Target-URI": page.url,
                "WARC-Date": later,
                "WARC-Record-ID": urn("revisit", page.url),
                "WARC-Profile": "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest",
                "WARC-Refers-To": urn("response", page.url),
                "WARC-Payload-Digest": digest(body),
                "Content-Type": "application/http; msgtype=response",
            },
            head,
        )
    )
    return b"".join(out)


def wet(name, pages):
    out = [warcinfo(name, pages)]
    for page in pages:
        out.append(
            record(
                {
                    "WARC-Type": "conversion",
                    "WARC-Target-URI": page.url,
                    "WARC-Date": page.timestamp,
                    "WARC-Record-ID": urn("conversion", page.url),
                    "WARC-Refers-To": urn("response", page.url),
                    "WARC-Identified-Content-Language": page.iso3,
                    "Content-Type": "text/plain",
                },
                page.text.encode(),
            )
        )
    return b"".join(out)


def json_lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def jsonl(pages):
    return json_lines(
        {
            "id": page.path,
            "url": page.url,
            "timestamp": page.timestamp,
            "language": page.language,
            "text": page.text,
            "http": {"status": 200, "charset": page.charset},
        }
        for page in pages
    )


def parquet(pages):
    """The columns of FineWeb and its like, in row groups of 20 pages. None without pyarrow."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        return None
    columns = {
        "text": [page.text for page in pages],
        "id": [page.path for page in pages],
        "url": [page.url for page in pages],
        "timestamp": [page.timestamp for page in pages],
        "language": [page.language for page in pages],
    }
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), out, row_group_size=20, compression="zstd")
    return out.getvalue()


def gold(pages):
    return json_lines(
        {"id": page.path, "url": page.url, "site": page.site, "text": page.text, "gold": [g for _, g in page.lines]}
        for page in pages
    )


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def figures(pages):
    """Prints what each site holds, and how much of its text is content."""
    print(f"{'site':32}{'pages':>6}{'lines':>7}{'content lines':>15}{'content characters':>20}")
    for site in [*sorted({page.site for page in pages}), "all"]:
        lines = [line for page in pages if site in (page.site, "all") for line in page.lines]
        content = [text for text, label in lines if label == 1]
        judged = sum(len(text) for text, label in lines if label >= 0)
        count = sum(site in (page.site, "all") for page in pages)
        share = sum(map(len, content)) / judged
        print(f"{site:32}{count:6}{len(lines):7}{len(content) / len(lines):15.1%}{share:20.1%}")


def main():
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    # The order of a walk through the folder: every form holds the pages in it.
    pages = sorted([*newspaper_pages(), *docs_pages()], key=lambda page: page.path.split("/"))
    shutil.rmtree(out / "folder", ignore_errors=True)
    for page in pages:
        write(out / "folder" / page.path, page.html)
    write(out / "warc" / "samples.warc.gz", warc("samples.warc.gz", pages))
    write(out / "wet" / "samples.warc.wet.gz", wet("samples.warc.wet.gz", pages))
    write(out / "jsonl" / "samples.jsonl", jsonl(pages))
    if (rows := parquet(pages)) is not None:
        write(out / "parquet" / "samples.parquet", rows)
    else:
        print("parquet/samples.parquet was not written: there is no pyarrow", file=sys.stderr)
    write(out / "gold.jsonl", gold(pages))
    figures(pages)


if __name__ == "__main__":
    main()
