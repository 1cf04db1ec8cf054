#!/usr/bin/env python3
"""Makes labelled gold of encyclopedias: the articles in the test suites of clients of Wikipedia, in MediaWiki's skins.

usage: python3 benches/gold/wiki.py PACKAGES OUT [--show PAGES]

PACKAGES is a folder of archives as the registry ships them; which are missing is said, and the rest are used:

  pip download --no-deps --no-binary :all: pymediawiki==0.7.5 wptools==0.4.17

OUT gets, a row a page:

  wiki-html.jsonl  {"id", "url", "site", "text", "gold", "dehusk"}: `gold` has one label a line of the text, 1 for content,
                   0 for chrome, -1 for what does not count; `dehusk` is the note that `dehusk clean --annotate` writes
                   of a page of HTML
  wiki.jsonl       the same without `dehusk`

Needs selectolax, and dehusk itself: target/release/dehusk, or what DEHUSK names.

The suites hold what a wiki's interface answered: the HTML of articles, without what stands round them on the wiki. So each
English article is put into three skins, of which each is a site: what stands round it there, and in which order. Others are
alone on the site of their language. Labels are made as documentation.py makes them: heading, text, infoboxes and tables are
content; notices, navigation boxes, the table of contents and all of the skin are chrome; notes, references, further reading
and links to other sites do not count.

Nothing is drawn at random: the same packages and the same dehusk make the same gold.
"""

import argparse
import ast
import collections
import html
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from selectolax.lexbor import LexborHTMLParser

import documentation
from web import members

CHROME = (
    ".mw-editsection, .navbox, .vertical-navbox, .infobox-nav, .ambox, .metadata, .hatnote, .bandeau-container, .toc, #toc,"
    " .catlinks, .portal, .portalbox, .noprint, .mbox-small, .shortdescription, .nomobile, .sistersitebox, .authority-control"
)
UNCOUNTED = ".reflist, .references, ol.references, .refbegin, .citation, .external, .mw-references-wrap, cite"
UNCOUNTED_SECTIONS = re.compile(
    r"(?:see also|notes?|references|citations|sources|bibliography|further reading|external links|footnotes"
    r"|notes et références|voir aussi|liens externes|articles connexes|bibliographie|einzelnachweise|weblinks|literatur"
    r"|脚注|外部リンク|関連項目|注釈|出典)$",
    re.I,
)
FEWEST_PARAGRAPHS = 2
OF_WIKI = re.compile(r"https://(\w\w)\.wikipedia")

class Interface(NamedTuple):
    """What a wiki's interface says in one language."""

    name: str
    above: list[str]  # below the heading of each page
    menus: dict[str, str]  # entries by heading, divided by `|`
    edited: str  # the last line but the licence, with a date
    last: list[str]  # the licence, and the last menu
    retrieved: str
    categories: str
    months: list[str]


INTERFACES = {
    "en": Interface(
        "Wikipedia",
        ["From Wikipedia, the free encyclopedia", "Jump to navigation", "Jump to search"],
        {
            "Personal tools": "Not logged in|Talk|Contributions|Create account|Log in",
            "Namespaces": "Article|Talk",
            "Views": "Read|Edit|View history",
            "Navigation": "Main page|Contents|Current events|Random article|About Wikipedia|Contact us|Donate",
            "Contribute": "Help|Learn to edit|Community portal|Recent changes|Upload file",
            "Tools": "What links here|Related changes|Special pages|Permanent link|Page information|Cite this page|Wikidata item",
            "Print/export": "Download as PDF|Printable version",
            "Languages": "Deutsch|Español|Français|Italiano|Nederlands|Polski|Português|Русский|Svenska|日本語|中文|Edit links",
        },
        "This page was last edited on {day} {month} 2018, at {hour}:{minute} (UTC).",
        [
            "Text is available under the Creative Commons Attribution-ShareAlike License; additional terms may apply. By using"
            " this site, you agree to the Terms of Use and Privacy Policy. Wikipedia® is a registered trademark of the"
            " Wikimedia Foundation, Inc., a non-profit organization.",
            "Privacy policy|About Wikipedia|Disclaimers|Contact Wikipedia|Developers|Cookie statement|Mobile view",
        ],
        "Retrieved from",
        "Categories",
        "January February March April May June July August September October November December".split(),
    ),
    "de": Interface(
        "Wikipedia",
        ["aus Wikipedia, der freien Enzyklopädie", "Wechseln zu: Navigation, Suche"],
        {
            "Meine Werkzeuge": "Nicht angemeldet|Diskussionsseite|Beiträge|Benutzerkonto erstellen|Anmelden",
            "Ansichten": "Lesen|Bearbeiten|Quelltext bearbeiten|Versionsgeschichte",
            "Navigation": "Hauptseite|Themenportale|Von A bis Z|Zufälliger Artikel",
            "Mitmachen": "Artikel verbessern|Neuen Artikel anlegen|Autorenportal|Hilfe|Letzte Änderungen|Kontakt|Spenden",
            "Werkzeuge": "Links auf diese Seite|Änderungen an verlinkten Seiten|Spezialseiten|Permanenter Link|Seite zitieren",
        },
        "Diese Seite wurde zuletzt am {day}. {month} 2018 um {hour}:{minute} Uhr bearbeitet.",
        [
            "Der Text ist unter der Lizenz „Creative Commons Attribution/Share Alike“ verfügbar; Informationen zu den Urhebern"
            " und zum Lizenzstatus eingebundener Mediendateien können im Regelfall durch Anklicken dieser abgerufen werden.",
            "Datenschutz|Über Wikipedia|Impressum|Entwickler|Mobile Ansicht",
        ],
        "Abgerufen von",
        "Kategorien",
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split(),
    ),
    "fr": Interface(
        "Wikipédia",
        ["Un article de Wikipédia, l'encyclopédie libre.", "Aller à : navigation, rechercher"],
        {
            "Outils personnels": "Non connecté|Discussion|Contributions|Créer un compte|Se connecter",
            "Affichages": "Lire|Modifier|Modifier le code|Historique",
            "Navigation": "Accueil|Portails thématiques|Article au hasard|Contact",
            "Contribuer": "Débuter sur Wikipédia|Aide|Communauté|Modifications récentes|Faire un don",
            "Outils": "Pages liées|Suivi des pages liées|Importer un fichier|Pages spéciales|Adresse permanente|Citer cette page",
        },
        "La dernière modification de cette page a été faite le {day} {month} 2018 à {hour}:{minute}.",
        [
            "Droit d'auteur : les textes sont disponibles sous licence Creative Commons attribution, partage dans les mêmes"
            " conditions ; d’autres conditions peuvent s’appliquer.",
            "Politique de confidentialité|À propos de Wikipédia|Avertissements|Contact|Développeurs|Version mobile",
        ],
        "Ce document provient de",
        "Catégories",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
    ),
    "ja": Interface(
        "Wikipedia",
        ["出典: フリー百科事典『ウィキペディア（Wikipedia）』", "移動先: 案内、検索"],
        {
            "個人用ツール": "ログインしていません|トーク|投稿記録|アカウント作成|ログイン",
            "表示": "閲覧|編集|履歴表示",
            "案内": "メインページ|コミュニティ・ポータル|最近の出来事|新しいページ|最近の更新|おまかせ表示",
            "ヘルプ": "ヘルプ|井戸端|お知らせ|バグの報告|寄付|ウィキペディアに関するお問い合わせ",
            "ツール": "リンク元|関連ページの更新状況|ファイルをアップロード|特別ページ|この版への固定リンク|このページを引用",
        },
        "最終更新 2018年{month}月{day}日 {hour}:{minute}",
        [
            "テキストはクリエイティブ・コモンズ 表示-継承ライセンスの下で利用可能です。追加の条件が適用される場合があります。",
            "プライバシー・ポリシー|ウィキペディアについて|免責事項|開発者|モバイルビュー",
        ],
        "取得元",
        "カテゴリ",
        [str(month) for month in range(1, 13)],
    ),
}


def articles(packages):
    """The articles in the suites, by language and title: the longest of each."""
    found = collections.defaultdict(str)

    def take(language, title, text):
        if title and isinstance(text, str) and text.count("<p") >= FEWEST_PARAGRAPHS:
            found[language, title] = max(found[language, title], text, key=len)

    def walk(node, language, title):
        if isinstance(node, dict):
            title = node.get("title", title)
            for key, value in node.items():
                of_wiki = OF_WIKI.match(key)
                if key == "*" and "mw-parser-output" in str(value)[:300]:
                    take(language, title, value)
                else:
                    walk(value, of_wiki[1] if of_wiki else language, title)
        elif isinstance(node, list):
            for value in node:
                walk(value, language, title)

    for path, data in members(packages, "pymediawiki-*.tar.gz").items():
        if path.endswith("mock_requests.json"):
            walk(json.loads(data), "en", None)
    for path, data in sorted(members(packages, "wptools-*.tar.gz").items()):
        if not re.search(r"tests/parse\w*\.py$", path):
            continue
        values = {}
        for node in ast.parse(data).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                values[node.targets[0].id] = node.value.value
        of_wiki = OF_WIKI.match(values.get("query", ""))
        try:
            answer = json.loads(values.get("response", ""))["parse"]
        except (ValueError, KeyError):
            continue
        if of_wiki:
            take(of_wiki[1], answer.get("title"), answer.get("text"))
    return dict(found)


def menus(interface):
    entries = lambda items: "".join(f"<li><a href='#'>{html.escape(item)}</a></li>" for item in items.split("|"))
    shown = (f"<div><h3>{html.escape(name)}</h3><ul>{entries(items)}</ul></div>" for name, items in interface.menus.items())
    return "".join(shown)


def edit_links_first(text):
    """The HTML of an article whose headings have the link to edit them in front, as it was up to 2012."""
    heading = r'(<span class="mw-headline".*?</span>)(<span class="mw-editsection">.*?]</span></span>)'
    return re.sub(heading, r"\2 \1", text)


def page(language, title, text, skin):
    """The page that a wiki would show of an article."""
    interface = INTERFACES[language]
    number = int(documentation.md5(title)[:8], 16)
    when = {"day": 1 + number % 28, "hour": f"{number % 24:02}", "minute": f"{number // 24 % 60:02}"}
    edited = interface.edited.format(month=interface.months[number // 7 % 12], **when)
    escaped = html.escape(title)
    links = [a.text(strip=True) for a in LexborHTMLParser(text).css("p a")]
    named = list(dict.fromkeys(link for link in links if 4 < len(link) < 40))[: 3 + number % 5]
    head = f"<html><head><meta charset='utf-8'><title>{escaped} - {interface.name}</title></head><body>"
    above = interface.above
    if skin == "monobook":
        above, text = [above[0], " ".join(above[1:])], edit_links_first(text)
    over = "".join(f"<div>{html.escape(line)}</div>" for line in above)
    content = f"<h1 id='firstHeading'>{escaped}</h1>{over}<div id='mw-content-text'>{text}</div>"
    content += (
        f"<div class='printfooter'>{interface.retrieved} \"https://{language}.wikipedia.example/w/index.php?title={quote(title)}"
        f"&amp;oldid={number % 10**9}\"</div><div class='catlinks'>{interface.categories}: {html.escape(' | '.join(named))}</div>"
    )
    foot = f"<div id='footer'><ul><li>{edited}</li><li>{html.escape(interface.last[0])}</li></ul><ul>"
    foot += "".join(f"<li><a href='#'>{html.escape(item)}</a></li>" for item in interface.last[1].split("|")) + "</ul></div>"
    if skin != "vector2022":
        return f"{head}{content}{menus(interface)}{foot}</body></html>"
    sections = [h.text(strip=True) for h in LexborHTMLParser(text).css(".mw-headline")]
    sections = "".join(f"<li><a href='#'>{html.escape(section)}</a></li>" for section in sections)
    contents = f"<div><h2>Contents</h2><button>hide</button><ul><li>(Top)</li>{sections}</ul></div>"
    return f"{head}{menus(interface)}{contents}{content}{foot}</body></html>"


def without_uncounted_sections(text):
    """The HTML of an article up to its notes, references and further reading."""
    tree = LexborHTMLParser(text)
    for heading in tree.css("h2"):
        title = re.sub(r"\[.*?\]", "", heading.text(strip=True)).strip()
        if UNCOUNTED_SECTIONS.match(title):
            while heading is not None:
                following = heading.next
                heading.decompose()
                heading = following
            break
    return re.sub(r"^<body>|</body>$", "", tree.body.html)


def marked(page, chrome):
    return documentation.mark(page, "", {"kind": "plain", "content": "#firstHeading & #mw-content-text", "except": chrome})


def rows_of(sites):
    """The rows of the pages of each site, each with its note."""
    with tempfile.TemporaryDirectory() as scratch:
        folders = [str(Path(scratch) / name) for name in ("whole", "content", "counted")]
        for site, pages in sites.items():
            for path, (whole, counted) in pages.items():
                for folder, data in zip(folders, (whole, marked(whole, CHROME), marked(counted, f"{CHROME}, {UNCOUNTED}"))):
                    documentation.write(folder, [(f"{site}/{path}", data.encode())])
        whole, content, counted = map(documentation.convert, folders)
    for identity in sorted(whole):
        row = whole[identity]
        all_content, _ = documentation.labels(row["text"], content[identity]["text"])
        of_text, _ = documentation.labels(row["text"], counted[identity]["text"])
        gold = [-1 if label != of else label for label, of in zip(all_content, of_text)]
        site, path = identity.split("/", 1)
        yield {
            "id": identity,
            "url": f"https://{site}.example/wiki/{quote(path.removesuffix('.html'))}",
            "site": site,
            "text": row["text"],
            "gold": gold,
            "dehusk": row["dehusk"],
        }


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    options.add_argument("packages", type=Path)
    options.add_argument("out", type=Path)
    options.add_argument("--show", type=int, default=0)
    options = options.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    sites = collections.defaultdict(dict)
    for (language, title), text in sorted(articles(options.packages).items()):
        if language not in INTERFACES:
            continue
        skins = ["monobook", "vector", "vector2022"] if language == "en" else ["vector"]
        for number, skin in enumerate(skins):
            site = f"wiki-k{number}" if language == "en" else f"wiki-{language}"
            path = re.sub(r"[^\w-]+", "_", title) + ".html"
            counted = without_uncounted_sections(text)
            sites[site][path] = (page(language, title, text, skin), page(language, title, counted, skin))
    rows = list(rows_of(sites))
    with open(options.out / "wiki.jsonl", "w", encoding="utf-8") as text_only:
        with open(options.out / "wiki-html.jsonl", "w", encoding="utf-8") as with_note:
            for row in rows:
                with_note.write(json.dumps(row, ensure_ascii=False) + "\n")
                text_only.write(json.dumps({k: v for k, v in row.items() if k != "dehusk"}, ensure_ascii=False) + "\n")
    tally = collections.Counter(label for row in rows for label in row["gold"])
    print(f"{len(rows)} pages, {len(sites)} sites; {tally[1]} lines content, {tally[0]} chrome, {tally[-1]} uncounted")
    documentation.show(rows, options.show)


if __name__ == "__main__":
    sys.exit(main())
