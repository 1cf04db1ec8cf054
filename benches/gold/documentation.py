#!/usr/bin/env python3
"""Makes labelled gold of documentation: the HTML manuals of Debian's documentation packages.

usage: python3 benches/gold/documentation.py OUT [--debs FOLDER] [--only SITE,SITE…] [--show PAGES]

OUT gets two files in the form of gold that `dehusk eval` takes, a row a page:

  docs2.jsonl      {"id", "url", "site", "text", "gold"}: one label a line of the text, -1 for the title, 1 for content
  docs-html.jsonl  rows of about 60 % of the sites, at most 100 pages of each, with the note `dehusk` that
                   `dehusk clean --annotate` writes of a page of HTML, to judge JSON Lines as well as the HTML was

Needs `apt-get download` and `dpkg-deb`, selectolax, and dehusk itself: target/release/dehusk, or what DEHUSK names.
Packages are downloaded to OUT/debs, or to --debs, unless they are there. --only makes some sites alone; --show prints
the runs of labels of so many pages of each site, to check selectors by eye.

How pages are labelled: each of the generators below puts what its author wrote into elements that the table names. In a
copy of the page, each word inside of these elements gets a mark; dehusk converts the page and its copy; a line of the
page is content if a quarter of the words of the same line of the copy are marked, so that a heading stays content that
has a link to its source beside it. Text that stands in an excluded element inside is chrome: links to the pages before
and after, to the source, and the page's own table of contents. Lists of contents whose links lead to other pages are
content, such as the one on a manual's first page. A page of which dehusk does not make the same lines after it was
marked is left out, and so is a page without the elements.

Nothing is drawn at random: the same packages and the same dehusk make the same gold.
"""

import argparse
import collections
import difflib
import fnmatch
import gzip
import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from urllib.parse import quote

from selectolax.lexbor import LexborHTMLParser

PAGES_A_SITE = 400  # a menu of a section recurs on few pages of a large site
PAGES_WITH_NOTE = 100
SITES_WITH_NOTE = 0.6
FEWEST = 5  # pages a site
SHORTEST = 400  # characters of a page's text
LARGEST = 500_000  # bytes of a page of HTML
LEAST_MARKED = 0.25  # of the words of a line of content: links may stand beside a heading
SAME_LINES = 0.95  # of a page and its marked copy
MARK = "\ue000"

# kind: selectors of the content, selectors excluded in it, and selectors of tables of contents, which are excluded only
# where most of their links lead to the page itself. The content is what matches the first selector that matches at all;
# selectors joined by `&` are taken together.
KINDS = {
    "sphinx": (
        [
            "div[itemprop=articleBody]",
            "article[role=main]",
            "article.bd-article",
            "main.bd-content",
            "div.body",
            "div[role=main]",
        ],
        ".prev-next-area, .prev-next-footer, .rst-footer-buttons, .related, .related-pages, .edit-this-page,"
        " .sphinxsidebar, a.viewcode-link, a.viewcode-back, .footer, footer,"
        " .topbar, .topbar-contents, .bd-toc, .navigation-next-prev, .onlytoc, .d-print-none, .sphx-glr-signature,"
        " .sphx-glr-download-link-note, .sphx-glr-footer, .sphx-glr-timing, div[aria-label='navigation']",
        ".contents.topic, nav.contents, .contents.local, aside.topic",
    ),
    "doxygen": (
        ["div.header div.title & div.contents"],
        "div.summary, .ingroups, td.ititle, div.footer, hr.footer, address.footer, div.tabs, div.ttc, #navrow1",
        "div.toc, .toc",
    ),
    "javadoc": (
        ["main", "div.header & div.contentContainer"],
        "nav, .topNav, .bottomNav, .subNav, .legalCopy, footer, header[role=banner], div.header ul.subNavList,"
        " .table-tabs, .toc",
        "nav",
    ),
    "rustdoc": (
        ["section#main-content", "main section.content", "main > div.width-limiter > section", "main"],
        "nav, .out-of-band, .sub, rustdoc-search, .srclink, button, form, #copy-path, #help-button, .search-container,"
        " summary.hideme, a.test-arrow",
        "#toc",
    ),
    "haddock": (["#content"], "#footer", "#table-of-contents, #synopsis"),
    "docbook": (
        ["body"],
        ".navheader, .navfooter, .chunkfooter, .chunkheader, .NAVHEADER, .NAVFOOTER, #footer, .footer, #header",
        ".toc, .TOC",
    ),
    "publican": (["body"], "#banner, .docnav, #navigation, #title, #header, #footer, .docnav_bottom", ".toc"),
    "texinfo": (
        ["body"],
        "div.header, div.nav-panel, table[summary*='avigation'], td.navigation, .node > p:first-child, .navigation",
        ".contents, .shortcontents, .summarycontents, .element-contents, .element-shortcontents, div.mini_toc",
    ),
    "gtk-doc": (["body"], "table.navigation, div.footer, div.navigation", ".toc"),
    "gi-docgen": (
        ["#main"],
        ".srclink, a.source, #search, .search, button, form, footer, .back, #btn-to-top",
        ".toc, #toc, nav",
    ),
    "yard": (["#content"], "#menu, #search, pre.lines, a.inheritanceTree, .summary_toggle, .view_source", "#toc"),
    "rdoc": (["main"], ".documentation-navigation, nav, .method-source-toggle", ".contents"),
    "docutils": (["div.document"], ".header, .footer, #header, #footer", ".contents"),
    "asciidoctor": (["#header > h1 & #content"], "#footer, #toc", ".toc"),
    "material": (["article"], ".md-source-file, .md-content__button, .headerlink, nav", ".toc"),
    "mkdocs": (["div[itemprop=articleBody]", "div[role=main]", "#main-content", "article"], "footer, nav", ".toc"),
    "qdoc": (["div.content"], ".navigationbar, .sidebar, .footer, .copyright", ".toc, #toc"),
    "odoc": ([".odoc-content & header.odoc-preamble", "div.content"], "nav", ".odoc-toc"),
    "ocamldoc": (["body"], ".navbar", ".toc"),
    "latex2html": (["body"], ".navigation, address, #footer", ".ChildLinks"),
    "hevea": (["body"], ".navigation, .footer, hr + blockquote", ".toc"),
    "plain": (["body"], "", ".toc, #toc, .contents, ul#index, .sectiontoc, .page_toc, .ChapSects, div.index"),
    "pydoctor": (
        ["#main"],
        "nav, .navbar, .sidebar, #showPrivate, .sourceLink, a[href*='classIndex.html#']",
        ".toc",
    ),
}

# package, kind, then any of: site=NAME, if not the package without its digits; in=GLOB and not=GLOBS, which of its
# pages; content=SELECTOR instead of the kind's; except=SELECTOR besides what the kind excludes
PACKAGES = """
python-flask-doc | sphinx
python-jinja2-doc | sphinx
python-click-doc | sphinx
python-requests-doc | sphinx
python-django-doc | sphinx | content=#yui-main
python-sqlalchemy-doc | sphinx | content=#docs-body
python-mako-doc | sphinx | in=*/html/* | content=#docs-body
python-celery-doc | sphinx | except=div.deck
python-tornado-doc | sphinx | in=*/html/*
python-cryptography-doc | sphinx
python-pandas-doc | sphinx
python-scipy-doc | sphinx
python-sympy-doc | sphinx
python-astropy-doc | sphinx
python-h5py-doc | sphinx | in=*-doc/html/*
python-dask-doc | sphinx
python-xarray-doc | sphinx
python-mpmath-doc | sphinx
python-pytest-doc | sphinx
python-attr-doc | sphinx
python-structlog-doc | sphinx
python-pil-doc | sphinx
python-setuptools-doc | sphinx
python-black-doc | sphinx
python-hypothesis-doc | sphinx
python-scrapy-doc | sphinx
python-psycopg2-doc | sphinx
python-gevent-doc | sphinx | except=p:has(> strong > a[title='next chapter'])
python-urwid-doc | sphinx
python-bottle-doc | sphinx
python-lark-doc | sphinx
python-pygments-doc | sphinx
python-ase-doc | sphinx
python-mdanalysis-doc | sphinx
python-nibabel-doc | sphinx
python-nipype-doc | sphinx
python-patsy-doc | sphinx
python-pysnmp4-doc | sphinx
python-aiohttp-doc | sphinx
python-discord-doc | sphinx | content=main
python-pygame-doc | sphinx | except=a[href*='/edit/main/']
python-tables-doc | sphinx
python-openstackclient-doc | sphinx | content=.docs-book-wrapper .col-lg-9 section
nova-doc | sphinx | content=.docs-book-wrapper .col-lg-9 section
sphinx-doc | sphinx
twisted-doc | sphinx | in=*/howto/* | site=twisted-howto
twisted-doc | pydoctor | in=*/html/api/* | site=twisted-api
beets-doc | sphinx
bind9-doc | sphinx
borgbackup-doc | sphinx
brz-doc | sphinx
buildbot-doc | sphinx | except=div[itemprop=articleBody] > div.admonition.caution:first-child
bumblebee-status-doc | sphinx
ceres-solver-doc | sphinx
cmake-doc | sphinx
cython-doc | sphinx
debian-policy | sphinx | in=*/policy.html/*
debian-policy-ja | sphinx
developers-reference | sphinx | in=*/developers-reference/*
developers-reference-de | sphinx
developers-reference-ja | sphinx
fish-common | sphinx | in=*/doc/fish/*
frr-doc | sphinx
gammu-doc | sphinx
ganeti-doc | sphinx
ghostscript-doc | sphinx | except=hr + p:lexbor-contains("AS-IS")
groonga-doc | sphinx | in=*/en/html/* | site=groonga-en
groonga-doc | sphinx | in=*/ja/html/* | site=groonga-ja
hackrf-doc | sphinx
highlight.js-doc | sphinx
kea-doc | sphinx
kitty-doc | sphinx
knot-doc | sphinx
krb5-doc | sphinx
lemonldap-ng-doc | sphinx
linux-doc-6.1 | sphinx | site=linux-doc
llvm-15-doc | sphinx
mapproxy-doc | sphinx | content=div.col-md-8
mopidy-doc | sphinx
mypy-doc | sphinx
nextcloud-desktop-doc | sphinx
ns3-doc | sphinx
numba-doc | sphinx
ocrmypdf-doc | sphinx
openvswitch-doc | sphinx
patroni-doc | sphinx
pikepdf-doc | sphinx
pybind11-doc | sphinx
pylint-doc | sphinx
pypy3-doc | sphinx
renpy-doc | sphinx
rmlint-doc | sphinx
snakemake-doc | sphinx
sqlfluff-doc | sphinx
supervisor-doc | sphinx
translate-toolkit-doc | sphinx
varnish-doc | sphinx
why3-doc-html | sphinx
xonsh-doc | sphinx
zoneminder-doc | sphinx
awl-doc | doxygen
dar-docs | doxygen | in=*/dar-docs/html/*
dcmtk-doc | doxygen
ffmpeg-doc | doxygen | in=*/ffmpeg/api/* | site=ffmpeg-api
fltk1.3-doc | doxygen
geographiclib-doc | doxygen
guitarix-doc | doxygen
halide14-api-doc | doxygen
libasound2-doc | doxygen
libassimp-doc | doxygen
libbox2d-doc | doxygen
libcamera-doc | doxygen | in=*/api-html/*
libeigen3-doc | doxygen
libflac-doc | doxygen
libgeos-doc | doxygen
libglfw3-doc | doxygen
libglibmm-2.4-doc | doxygen
libgphoto2-dev-doc | doxygen
libhdf5-doc | doxygen
libhwloc-doc | doxygen
libmbedtls-doc | doxygen
libopus-doc | doxygen
libsdl2-doc | doxygen
libsfml-doc | doxygen
libtag1-doc | doxygen
libusb-1.0-doc | doxygen
netcdf-doc | doxygen
pipewire-doc | doxygen
portaudio19-doc | doxygen
rapidjson-doc | doxygen | in=*-doc/html/* | not=*/zh-cn/*
rapidjson-doc | doxygen | in=*/zh-cn/* | site=rapidjson-zh-cn
wx3.2-doc | doxygen
xapian-doc | doxygen | in=*/apidoc/*
libstdc++-12-doc | doxygen | in=*/user/* | site=libstdc++-api
ant-doc | javadoc | in=*/ant/api/*
antlr4-doc | javadoc
derby-doc | javadoc
gradle-doc | javadoc
ivy-doc | javadoc
junit4-doc | javadoc
libbcel-java-doc | javadoc
libcommons-lang3-java-doc | javadoc
libhtmlparser-java-doc | javadoc
libjackson-json-java-doc | javadoc
libjdom1-java-doc | javadoc
libjfreechart-java-doc | javadoc
libjts-java-doc | javadoc
libpdfbox-java-doc | javadoc
openjdk-17-doc | javadoc
weka-doc | javadoc
freeplane-scripting-api | javadoc
cargo-doc | rustdoc | not=*/doc/src/*
rust-doc | rustdoc | in=*/html/std/* | site=rust-std
rust-doc | mkdocs | in=*/html/book/ch* | site=rust-book | content=main
ghc-doc | haddock | in=*/libraries/* | site=ghc-libraries | not=*/src/*
libghc-aeson-doc | haddock | not=*/html/src/*
libghc-conduit-doc | haddock | not=*/html/src/*
libghc-hakyll-doc | haddock | not=*/html/src/*
libghc-lens-doc | haddock | not=*/html/src/*
abs-guide | docbook
aptitude-doc-en | docbook
aptitude-doc-ja | docbook
aspectj-doc | docbook
blends-doc | docbook
bochs-doc | docbook | in=*/bochs/user/*
csound-doc | docbook
dblatex-doc | docbook
debian-faq | docbook
debian-faq-fr | docbook
debian-faq-ja | docbook
debian-reference-de | docbook
debian-reference-en | docbook
debian-reference-fr | docbook
debian-reference-ja | docbook
debian-reference-zh-cn | docbook
debmake-doc | docbook | in=*.en.html
docbook-xsl-doc-html | docbook
freetds-doc | docbook | in=*/userguide/*
gpsbabel-doc | docbook
installation-guide-amd64 | docbook | in=*/en/* | site=installation-guide-en
installation-guide-amd64 | docbook | in=*/ru/* | site=installation-guide-ru
installation-guide-amd64 | docbook | in=*/ko/* | site=installation-guide-ko
libboost1.81-doc | docbook | in=*/doc/html/* | except=.spirit-nav, body > table, .copyright-footer, div.copyright-footer
libdbi-doc | docbook
libfontconfig-doc | docbook
libhsqldb-java-doc | docbook | except=.authorgroup, .releaseinfo, .legalnotice, .pubdate, p:lexbor-contains("$Revision")
libpam-doc | docbook
libstdc++-12-doc | docbook | in=*/manual/* | site=libstdc++-manual
libwayland-doc | docbook
maint-guide | docbook | except=div.toc + p:has(> a[href*='debmake-doc'])
maint-guide-fr | docbook | except=div.toc + p:has(> a[href*='debmake-doc'])
maint-guide-ja | docbook | except=div.toc + p:has(> a[href*='debmake-doc'])
maint-guide-zh-cn | docbook | except=div.toc + p:has(> a[href*='debmake-doc'])
mplayer-doc | docbook | in=*/en/* | site=mplayer-en
mplayer-doc | docbook | in=*/zh_CN/* | site=mplayer-zh-cn
mplayer-doc | docbook | in=*/hu/* | site=mplayer-hu
nut-doc | docbook
openafs-doc | docbook | not=*/rx-spec/*
plplot-doc | docbook
scons-doc | docbook
slony1-2-doc | docbook
systemtap-doc | docbook
wireshark-doc | docbook
shorewall-doc | docbook | except=.author, .pubdate, .legalnotice, .copyright, .releaseinfo
debian-faq-ko | docbook
debian-faq-ru | docbook
debian-faq-zh-cn | docbook
debian-history | docbook | in=*.en.html
dia-common | docbook | in=*/de/* | site=dia-de
dia-common | docbook | in=*/fr/* | site=dia-fr
gitmagic | docbook | content=div.content
gtkmm-documentation | docbook
debian-handbook | publican | in=*/en-US/* | site=debian-handbook-en
debian-handbook | publican | in=*/zh-CN/* | site=debian-handbook-zh-cn
debian-handbook | publican | in=*/ru-RU/* | site=debian-handbook-ru
debian-handbook | publican | in=*/ar-MA/* | site=debian-handbook-ar
harden-doc | publican | in=*/en-US/* | site=harden-doc-en
harden-doc | publican | in=*/es-ES/* | site=harden-doc-es
asymptote-doc | texinfo | in=*/asymptote/html/*
ffmpeg-doc | texinfo | in=*/manual/* | site=ffmpeg-manual | except=p[style*='font-size: small']
libfftw3-doc | texinfo | in=*/libfftw3-dev/html/*
libgcrypt20-doc | texinfo
maxima-doc | texinfo
mit-scheme-doc | texinfo
msc-generator-doc | texinfo
octave-doc | texinfo
sbcl-doc | texinfo
yorick-doc | texinfo | in=*/manual/* | content=#content
zsh-doc | texinfo | content=body > div | except=table.header
r-doc-html | texinfo
lilypond-doc-html | texinfo | content=#main | except=.nav_table, #footer | site=lilypond-en
lilypond-doc-html-es | texinfo | content=#main | except=.nav_table, #footer
lilypond-doc-html-ja | texinfo | content=#main | except=.nav_table, #footer
appstream-doc | gtk-doc | in=*/html/api/*
evolution-data-server-doc | gtk-doc
gnutls-doc | gtk-doc | in=*/api-reference/*
gsasl-doc | gtk-doc | in=*/gtk-doc/*
libcairo2-doc | gtk-doc
libgda-5.0-doc | gtk-doc
libglib2.0-doc | gtk-doc
libgtk-3-doc | gtk-doc | site=gtk3-doc
libharfbuzz-doc | gtk-doc
libpoppler-glib-doc | gtk-doc
libtelepathy-glib-doc | gtk-doc
libvips-doc | gtk-doc | in=*/gtk-doc/html/*
libxml2-doc | gtk-doc | in=*/gtk-doc/html/*
libxmlsec1-doc | gtk-doc
packagekit-docs | gtk-doc
udisks2-doc | gtk-doc
fwupd-doc | gi-docgen
libadwaita-1-doc | gi-docgen
libgtk-4-doc | gi-docgen | site=gtk4-doc
libjson-glib-doc | gi-docgen
libpango1.0-doc | gi-docgen
libsoup-3.0-doc | gi-docgen
ruby-mocha-doc | yard
yard-doc | yard
asciidoctor-doc | rdoc
ruby-tioga-doc | rdoc
docutils-doc | docutils
libtorrent-rasterbar-doc | docutils | except=table.docinfo, table.docinfo + p, .report-issue
python-lxml-doc | docutils | not=*/apidoc/* | except=.menu, #sidemenu, .banner
kicad-doc-en | asciidoctor
ntpsec-doc | asciidoctor | except=table:has(a[href='sitemap.html'])
weechat-doc | asciidoctor | in=*.en.html | site=weechat-en
weechat-doc | asciidoctor | in=*.fr.html | site=weechat-fr
freetype2-doc | material | in=*/reference/* | except=article > p:first-child
mkdocs-doc | mkdocs
nlopt-doc | mkdocs
python-djangorestframework-doc | mkdocs | content=#main-content
python-typer-doc | mkdocs
python-uvicorn-doc | mkdocs
qbs-doc-html | qdoc
qtbase5-doc-html | qdoc
qtdeclarative5-doc-html | qdoc
qtmultimedia5-doc-html | qdoc
libjs-of-ocaml-doc | odoc
libocamlgraph-ocaml-doc | odoc
libbatteries-ocaml-doc | ocamldoc
libocamlnet-ocaml-doc | ocamldoc
bacula-doc | latex2html
gnuplot-doc | latex2html
ant-doc | plain | in=*/ant/manual/* | site=ant-manual
crystal-doc | plain | content=.main-content
erlang-doc | plain | in=*/doc/html/* | content=#content | except=.footer
exim4-doc-html | plain | content=div.chapter
fp-docs-3.2.2 | plain | in=*/rtl/* | site=fp-docs | except=table.bar
gap-doc | plain | in=*/gap/doc/* | except=.chlinktop, .chlinkbot, .chlinkprevnexttop, .chlinkprevnextbot, p.foot, #mathjaxlink
gnumed-doc | plain | content=div.foswikiPage
grass-doc | plain | content=#container | except=hr.header + p, hr.header + p + p
h2o-doc | plain | content=#main
ikiwiki | plain | content=#content
libapache-mod-jk-doc | plain | content=#content | not=*/printer/* | except=#Table_of_Contents, #Table_of_Contents + div, #comments_thread, h3#Comments, h3:lexbor-contains("Comments") + div, h3:lexbor-contains("Comments")
libapache2-mod-perl2-doc | plain
libreoffice-help-en-us | plain | content=#DisplayArea
libvirt-doc | plain | content=#body
ncurses-doc | plain | in=*/html/man/* | except=div.nav
nim-doc | plain | content=h1.title & #content | except=.link-seesrc
nodejs-doc | plain | content=#apicontent
pike8.0-doc | plain | content=div.content
povray-doc | plain | content=div.Content | except=.HeaderFooter
rt5-doc-html | plain | except=body > a
ruby-rmagick-doc | plain | except=#header, div.nav, .footer
scala-doc | plain | in=*/api/library/* | content=#definition & #signature & #comment & #template
slurm-wlm-doc | plain | content=div.content > div.section
sqlite3-doc | plain | except=div.nosearch
swi-prolog-doc | plain | in=*/Manual/* | except=div.navigate
swig4.0-doc | plain | in=*/Manual/*
tomcat10-docs | plain | content=#content | except=#Table_of_Contents, #Table_of_Contents + div
vala-0.56-doc | plain | except=.o-fixedtop
doublecmd-help-en | plain | content=div.dchelpage | except=.navback, h2:lexbor-contains("Content"), h2:lexbor-contains("Content") + dl
doublecmd-help-ru | plain | content=div.dchelpage | except=.navback, h2:lexbor-contains("Содержание"), h2:lexbor-contains("Содержание") + dl
focalinux-html | plain | except=body > p:has(> a[href='index.html#contents']), address
libreoffice-help-ja | plain | content=#DisplayArea
libreoffice-help-ru | plain | content=#DisplayArea
telepathy-specification | plain | content=div.header h1 & div.main | except=.permalink
"""

# pages that are not read: search, indexes, sources, frames
NO_PAGE = re.compile(
    r"(^|/)(search|_modules|_sources|src-html|class-use|index-files|_static|examples?/.*/search|fonts|templates)/"
    r"|(^|/)(genindex|genindex-[^/]*|search|py-modindex|modindex|index-all|allclasses[^/]*|allpackages[^/]*"
    r"|overview-frame|package-frame|package-use|[^/]*-frame|doc-index[^/]*|search-results|404|all|toc|frames?"
    r"|[^/]*_source|[^/]*-source|[^/]*-members|namespacemembers[^/]*|annotated|dir_[0-9a-f_]+|functions_[^/]*"
    r"|globals_[^/]*|classes|hierarchy|graph_legend"
    r"|help-doc|constant-values|deprecated-list|serialized-form|navtree|menu|_index|method_list|class_list|file_list"
    r"|table_of_contents)\.x?html?$",
    re.I,
)

# headings of tables of contents
CONTENTS = re.compile(r"contents|subsections|table des|inhalt|содержание|目次|目录|차례", re.I)


def parse_packages():
    """One dict a line of the table."""
    for line in PACKAGES.strip().splitlines():
        package, kind, *rest = (part.strip() for part in line.split(" | "))
        entry = {"package": package, "kind": kind, "in": "*", "not": "", "content": "", "except": "", "site": ""}
        entry.update(part.split("=", 1) for part in rest)
        entry["site"] = entry["site"] or re.sub(r"[-.]?\d[\d.]*(?=-|$)", "", package)
        yield entry


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def download(package, folder):
    """The package's file in the folder, downloaded unless it is there."""
    os.makedirs(folder, exist_ok=True)
    for turn in range(2):
        found = sorted(name for name in os.listdir(folder) if name.startswith(package + "_"))
        if found:
            return os.path.join(folder, found[-1])
        if turn == 0:
            subprocess.run(["apt-get", "download", "-q", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    raise FileNotFoundError(package)


def pages_of(deb, entry):
    """Path and bytes of the package's pages that the entry asks for, in the order of the hash of their paths."""
    found = {}
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as unpack:
        with tarfile.open(fileobj=unpack.stdout, mode="r|") as archive:
            for member in archive:
                path = member.name.removeprefix("./")
                if not member.isfile() or not re.search(r"\.x?html?(\.gz)?$", path, re.I) or member.size > LARGEST:
                    continue
                name = path.removesuffix(".gz")
                if NO_PAGE.search(name) or not fnmatch.fnmatchcase(name, entry["in"]):
                    continue
                if any(fnmatch.fnmatchcase(name, glob) for glob in entry["not"].split()):
                    continue
                data = archive.extractfile(member).read()
                found[name] = gzip.decompress(data) if path.endswith(".gz") else data
                if len(found) > 4 * PAGES_A_SITE:
                    del found[max(found, key=md5)]
    return [(name, found[name]) for name in sorted(found, key=md5)]


def decode(data):
    """A page's text by the charset that it names."""
    named = re.search(rb"charset\s*=\s*[\"']?\s*([\w-]+)|encoding=[\"']([\w-]+)", data[:2048], re.I)
    charset = next(filter(None, named.groups())).decode().lower() if named else "utf-8"
    if charset in ("iso-8859-1", "us-ascii", "ascii", "latin1"):
        charset = "cp1252"
    try:
        return data.decode(charset, "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def leads_here(node, path):
    """Whether most links in the node lead to the page itself."""
    links = [a.attributes.get("href") or "" for a in node.css("a[href]")]
    here = [link for link in links if link.startswith("#") or link.split("#")[0] == os.path.basename(path)]
    return bool(links) and 2 * len(here) > len(links)


def heading_of(contents):
    """The heading right before a table of contents, or None."""
    before = contents.prev
    while before is not None and before.is_text_node and not (before.text_content or "").strip():
        before = before.prev
    if before is None or not before.is_element_node or len(before.text(strip=True)) > 40:
        return None
    return before.mem_id if CONTENTS.search(before.text(strip=True)) else None


def selections(tree, entry):
    """The nodes of content; none if no selector matches."""
    alternatives = [entry["content"]] if entry["content"] else KINDS[entry["kind"]][0]
    for alternative in alternatives:
        nodes = [node for selector in alternative.split(" & ") for node in tree.css(selector)]
        if nodes:
            return nodes
    return []


def mark(html, path, entry):
    """The page with a mark before each word of its content, or None if it has no element of content."""
    tree = LexborHTMLParser(html)
    content = selections(tree, entry)
    if not content or tree.head is None:
        return None
    _, always, own = KINDS[entry["kind"]]
    excluded = set()
    for selector in filter(None, (always, entry["except"])):
        excluded.update(node.mem_id for node in tree.css(selector))
    for node in tree.css(own):
        if leads_here(node, path):
            excluded.update((node.mem_id, heading_of(node)))
    texts = {}

    def collect(node):
        for child in node.iter(include_text=True):
            if child.is_text_node:
                texts[child.mem_id] = child
            elif child.mem_id not in excluded and child.tag not in ("script", "style", "template", "noscript"):
                collect(child)

    for node in content:
        collect(node)
    for node in texts.values():
        words = node.text_content or ""
        if words.strip():
            node.replace_with(re.sub(r"(\S+)", MARK + r"\1", words))
    for node in tree.css("meta[charset], meta[http-equiv]"):
        node.decompose()
    return re.sub("<head[^>]*>", lambda tag: tag[0] + '<meta charset="utf-8">', tree.html, count=1)


def convert(folder):
    """What `dehusk clean --annotate` makes of a folder's pages: a row a page, by its path."""
    dehusk = os.environ.get("DEHUSK", "target/release/dehusk")
    with tempfile.TemporaryDirectory() as scratch:
        out = os.path.join(scratch, "out.jsonl")
        command = [dehusk, "clean", "-q", "--annotate", "--format", "jsonl", folder, "-o", out, "--force"]
        subprocess.run(command, check=True)
        with open(out, encoding="utf-8") as rows:
            return {row["url"]: row for row in map(json.loads, rows)}


def labels(text, marked):
    """A label a line of the text, by the marks in the copy's lines, and the share of the lines that are the same."""
    lines, copy = text.split("\n"), marked.split("\n")
    bare = [line.replace(MARK, "") for line in copy]
    gold = [0] * len(lines)
    same = 0
    blocks = [(0, 0, len(lines))] if bare == lines else []
    blocks = blocks or difflib.SequenceMatcher(None, lines, bare, autojunk=False).get_matching_blocks()
    for here, there, length in blocks:
        same += length
        for at in range(length):
            words = copy[there + at].split()
            marked_words = sum(MARK in word for word in words)
            gold[here + at] = int(marked_words > 0 and LEAST_MARKED * len(words) <= marked_words)
    gold[0] = -1
    return gold, same / max(len(lines), len(bare))


def write(folder, pages):
    for path, data in pages:
        path = os.path.join(folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)


def gold_of(entry, debs, counts):
    """The rows of a site, each with its note."""
    marked = {}
    pages = []
    for path, data in pages_of(download(entry["package"], debs), entry):
        path = re.sub(r"\.x?html?$", ".html", path, flags=re.I)
        copy = mark(decode(data), path, entry)
        if copy is None or MARK not in copy:
            counts["without content"] += 1
            continue
        tree = LexborHTMLParser(data)
        if tree.body is None or len(tree.body.text(separator=" ", strip=True)) < SHORTEST or tree.css_first("frameset"):
            counts["short"] += 1
            continue
        pages.append((path, data))
        marked[path] = copy.encode()
        if len(pages) == PAGES_A_SITE:
            break
    if len(pages) < FEWEST:
        return []
    common = os.path.commonpath([os.path.dirname(path) for path, _ in pages])
    named = {path: os.path.relpath(path, common) for path, _ in pages}
    with tempfile.TemporaryDirectory() as scratch:
        whole, copies = os.path.join(scratch, "whole"), os.path.join(scratch, "copies")
        write(os.path.join(whole, entry["site"]), [(named[path], data) for path, data in pages])
        write(os.path.join(copies, entry["site"]), [(named[path], data) for path, data in marked.items()])
        rows, copies = convert(whole), convert(copies)
    made = []
    for identity in sorted(rows, key=md5):
        row, copy = rows[identity], copies.get(identity)
        if copy is None or len(row["text"]) < SHORTEST:
            counts["short"] += 1
            continue
        gold, same = labels(row["text"], copy["text"])
        if same < SAME_LINES:
            counts["lines differ"] += 1
            continue
        if 1 not in gold:
            counts["without content"] += 1
            continue
        path = identity.removeprefix(entry["site"] + "/")
        url = f"https://{entry['site'].replace('.', '-')}.example/{quote(path)}"
        made.append({"id": identity, "url": url, "site": entry["site"], "text": row["text"], "gold": gold})
        made[-1]["dehusk"] = row["dehusk"]
    return made if len(made) >= FEWEST else []


def show(rows, pages):
    """Prints the runs of equal labels of a site's first pages: label, number of lines, the first ones and the last."""
    for row in rows[:pages]:
        print(f"== {row['id']}")
        lines = list(zip(row["gold"], row["text"].split("\n")))
        for gold, run in itertools.groupby(lines, key=lambda line: line[0]):
            run = [line[:40] for _, line in run]
            print(f"{gold:>3} {len(run):>4}  " + " / ".join(run if len(run) < 5 else run[:3] + ["…", run[-1]]))


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    options.add_argument("out")
    options.add_argument("--debs")
    options.add_argument("--only", default="")
    options.add_argument("--show", type=int, default=0)
    options = options.parse_args()
    only = set(filter(None, options.only.split(",")))
    debs = options.debs or os.path.join(options.out, "debs")
    os.makedirs(options.out, exist_ok=True)
    text_only = open(os.path.join(options.out, "docs2.jsonl"), "w", encoding="utf-8")
    with_note = open(os.path.join(options.out, "docs-html.jsonl"), "w", encoding="utf-8")
    totals = collections.Counter()
    with text_only, with_note:
        for entry in parse_packages():
            if only and entry["site"] not in only:
                continue
            counts = collections.Counter()
            rows = gold_of(entry, debs, counts)
            for row in rows:
                note = row.pop("dehusk")
                text_only.write(json.dumps(row, ensure_ascii=False) + "\n")
                row["dehusk"] = note
            if int(md5(entry["site"])[:8], 16) < SITES_WITH_NOTE * 2**32:
                for row in rows[:PAGES_WITH_NOTE]:
                    with_note.write(json.dumps(row, ensure_ascii=False) + "\n")
            tally = collections.Counter(label for row in rows for label in row["gold"])
            share = tally[1] / max(1, tally[0] + tally[1])
            left = ", ".join(f"{number} {what}" for what, number in counts.items())
            lines = sum(tally.values())
            print(f"{entry['site']} {entry['kind']}: {len(rows)} pages, {lines} lines, {share:.0%} content; {left}")
            if options.show and rows:
                show(rows, options.show)
            sys.stdout.flush()
            totals.update(sites=bool(rows), pages=len(rows), lines=lines, content=tally[1], chrome=tally[0])
    print(", ".join(f"{number} {what}" for what, number in totals.items()))


if __name__ == "__main__":
    main()
