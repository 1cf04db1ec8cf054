// Shows what the report's JSON tells: sorts, filters, opens. It counts nothing, and puts texts into the page as text only.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const PER_PAGE = 100;
  const $ = (selector) => document.querySelector(selector);
  const overview = $("#overview"), view = $("#view"), main = $("#main");

  /** An element with properties, attributes and children; texts are texts. */
  function h(tag, properties, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties || {})) {
      if (value === undefined || value === null || value === false) continue;
      if (name in element && typeof value !== "string") element[name] = value;
      else element.setAttribute(name === "className" ? "class" : name, value);
    }
    element.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
    return element;
  }
  /** A text of strangers: its direction is its own affair. */
  const bdi = (text) => h("bdi", { dir: "auto" }, text);

  // Numbers, as the rest of dehusk writes them.
  const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
  const count = (n, one, many) => `${grouped(n)} ${n === 1 ? one : many}`;
  const percent = (thousandths) => `${(thousandths / 10).toFixed(1)} %`;
  function bytes(n) {
    const units = ["B", "kB", "MB", "GB", "TB"];
    let unit = 0;
    while (n >= 999.5 && unit + 1 < units.length) { n /= 1000; unit += 1; }
    return unit === 0 || n >= 99.95 ? `${n.toFixed(0)} ${units[unit]}` : `${n.toFixed(1)} ${units[unit]}`;
  }

  // A row of the table of sites.
  const NAME = 0, PAGES = 1, READ = 2, CHROME = 3, OWN = 4, DUPLICATES = 5, EMPTIED = 6, SHORT = 7, FEW = 8;
  const siteName = (site) => site[NAME] || "(pages without a URL)";
  const siteHash = (at) => `#site=${encodeURIComponent(data.sites[at][NAME])}`;
  const siteAt = new Map(data.sites.map((site, at) => [site[NAME], at]).reverse());
  const detailsOf = (at) => data.details[at];

  /** A link to a page of the crawl, if it can be followed safely. */
  function pageLink(url) {
    let protocol = "";
    try { ({ protocol } = new URL(url)); } catch { /* no URL, no link */ }
    if (!/^https?:$/.test(protocol) || /[\s\\]/.test(url)) return bdi(url || "(no URL)");
    return h("a", { href: url, rel: "noreferrer noopener", target: "_blank" }, bdi(url));
  }

  function stack(chrome, own) {
    const parts = [["own", own], ["chrome", chrome], ["twice", Math.max(0, 1000 - own - chrome)]];
    return h("div", { className: "stack", "aria-hidden": "true" }, parts.filter(([, share]) => share > 0).map(([name, share]) => {
      const part = h("i", { className: name });
      part.style.flexGrow = share;
      return part;
    }));
  }

  // ---------------------------------------------------------------- charts

  const drawn = [];
  /** Draws a histogram into an element, from labels and numbers. */
  function histogram(element, labels, values, what) {
    const most = Math.max(...values, 1);
    const narrow = () => element.clientWidth < 420;
    const label = labels.map((label, at) => `${label} %: ${count(values[at], what.replace(/s$/, ""), what)}`).join("; ");
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", label.replaceAll("all %", "all"));
    const chart = new Chartist.BarChart(element, { labels, series: [values] }, {
      fullWidth: true, height: 230, low: 0, high: most,
      chartPadding: { top: 22, right: 0, bottom: 4, left: 0 },
      axisX: { showGrid: false, labelInterpolationFnc: (label, at) => (narrow() && at % 2 === 1 && label !== "all" ? null : label) },
      axisY: { showGrid: false, showLabel: false, offset: 0 },
    });
    chart.on("draw", (drawing) => {
      if (drawing.type !== "bar") return;
      const width = (drawing.axisX.stepLength || drawing.axisX.axisLength / labels.length) * 0.82;
      drawing.element.attr({ style: `stroke-width: ${width.toFixed(1)}px` });
      const value = values[drawing.index];
      if (value === 0) return;
      const middle = drawing.x1;
      drawing.group.elem("text", { x: middle, y: drawing.y2 - 6 }, "ct-value").text(grouped(value));
    });
    chart.on("created", (made) => {
      const [width, height] = [element.clientWidth, 230];
      const at = made.chartRect;
      made.svg.elem("line", { x1: at.x1, x2: at.x2, y1: at.y1, y2: at.y1 }, "ct-base");
      // So that print may be narrower.
      if (width > 0) made.svg.attr({ viewBox: `0 0 ${width} ${height}` });
    });
    drawn.push(chart);
  }

  /** Histogram with its table. */
  function figure(title, note, what, labels, values) {
    const rows = labels.map((label, at) => h("tr", {}, h("th", { scope: "row" }, label), h("td", {}, grouped(values[at]))));
    const chart = h("div", { className: "chart" });
    return [chart, h("figure", {}, h("figcaption", {}, h("h2", {}, title), h("p", {}, note)), chart,
      h("details", {}, h("summary", {}, "As a table"), h("table", {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "share, in %"), h("th", { scope: "col" }, what))), h("tbody", {}, rows))))];
  }

  for (const element of overview.querySelectorAll("figure[data-what]")) {
    const rows = [...element.querySelectorAll("tbody tr")];
    element.querySelector("details").open = false;
    histogram(element.querySelector(".chart"), rows.map((row) => row.cells[0].textContent),
      rows.map((row) => Number(row.cells[1].dataset.n)), element.dataset.what);
  }

  // ---------------------------------------------------------------- table of sites

  const COLUMNS = [["Site", NAME], ["Pages", PAGES], ["Text", READ], ["Chrome", CHROME], ["Own", OWN],
    ["Duplicates", DUPLICATES], ["Emptied", EMPTIED], ["Short", SHORT]];
  const state = { by: PAGES, down: true, filter: "", kind: "all", page: 0 };
  const lower = data.sites.map((site) => siteName(site).toLowerCase());
  const KINDS = {
    all: ["All sites", () => true],
    told: ["Sites with details", (at) => at in data.details],
    emptied: ["With emptied pages", (at) => data.sites[at][EMPTIED] > 0],
    duplicates: ["With duplicates", (at) => data.sites[at][DUPLICATES] > 0],
    few: ["Too few pages to judge", (at) => data.sites[at][FEW] === 1],
  };
  const table = $("table.sites"), body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  const field = h("input", { type: "search", placeholder: "Filter sites", "aria-label": "Filter sites by name", autocomplete: "off", spellcheck: "false" });
  const kind = h("select", { "aria-label": "Which sites" }, Object.entries(KINDS).map(([name, [title]]) => h("option", { value: name }, title)));
  const told = h("output", { role: "status" });
  const earlier = h("button", { className: "button", type: "button" }, "← Previous");
  const later = h("button", { className: "button", type: "button" }, "Next →");
  const where = h("span");
  $(".tools").append(field, kind, told);
  $("#sites .pager").append(earlier, later, where);
  let order = [];

  function arrange() {
    const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = KINDS[state.kind][1];
    order = data.sites.map((_, at) => at).filter((at) => wanted(at) && words.every((word) => lower[at].includes(word)));
    const key = state.by === NAME ? (at) => lower[at] : (at) => data.sites[at][state.by];
    const sign = state.down ? -1 : 1;
    // Equal ones stay in the order of the report: the larger first.
    order.sort((a, b) => (key(a) < key(b) ? -sign : key(a) > key(b) ? sign : a - b));
  }

  function number(n) { return h("td", { className: n === 0 ? "n zero" : "n" }, grouped(n)); }

  function siteRow(at) {
    const site = data.sites[at];
    const share = h("div", { className: "share" }, stack(site[CHROME], site[OWN]), h("span", {}, percent(site[CHROME])));
    return h("tr", {},
      h("th", { scope: "row" }, h("a", { href: siteHash(at) }, bdi(siteName(site))), site[FEW] ? h("span", { className: "tag" }, "few pages") : null),
      h("td", { className: "n" }, grouped(site[PAGES])), h("td", { className: "n" }, bytes(site[READ])), h("td", { className: "shares" }, share),
      h("td", { className: "n" }, percent(site[OWN])), number(site[DUPLICATES]), number(site[EMPTIED]), number(site[SHORT]));
  }

  function showTable() {
    arrange();
    const pages = Math.max(1, Math.ceil(order.length / PER_PAGE));
    state.page = Math.min(Math.max(state.page, 0), pages - 1);
    const from = state.page * PER_PAGE, rows = order.slice(from, from + PER_PAGE);
    body.replaceChildren(...rows.map(siteRow));
    if (rows.length === 0) body.append(h("tr", {}, h("td", { className: "none", colSpan: COLUMNS.length }, "No site is like that.")));
    heads.forEach((head, at) => {
      if (COLUMNS[at][1] === state.by) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    told.textContent = order.length === data.sites.length ? count(order.length, "site", "sites")
      : `${grouped(order.length)} of ${count(data.sites.length, "site", "sites")}`;
    $("#sites .pager").hidden = pages === 1;
    earlier.disabled = state.page === 0;
    later.disabled = state.page === pages - 1;
    where.textContent = `${grouped(from + 1)}–${grouped(from + rows.length)} of ${grouped(order.length)}`;
  }

  heads.forEach((head, at) => {
    const button = h("button", { type: "button" }, head.textContent);
    button.addEventListener("click", () => {
      const by = COLUMNS[at][1];
      state.down = state.by === by ? !state.down : by !== NAME;
      Object.assign(state, { by, page: 0 });
      showTable();
    });
    head.replaceChildren(button);
  });
  field.addEventListener("input", () => { Object.assign(state, { filter: field.value, page: 0 }); showTable(); });
  kind.addEventListener("change", () => { Object.assign(state, { kind: kind.value, page: 0 }); showTable(); });
  function turn(by) { state.page += by; showTable(); $("#sites").scrollIntoView(); }
  earlier.addEventListener("click", () => turn(-1));
  later.addEventListener("click", () => turn(1));

  // ---------------------------------------------------------------- a site

  const TENTHS = [...Array(10).keys()].map((tenth) => `${tenth * 10}–${tenth * 10 + 10}`);

  function crumbs(...links) { return h("div", { className: "crumbs" }, links); }
  const link = (href, text, rel, label) => h("a", { className: "button", href, rel, "aria-label": label }, text);
  const title = (...text) => h("h1", { tabindex: "-1" }, text);
  const inFigures = (name, value, note) => h("div", {}, h("dt", {}, name), h("dd", {}, value, note ? h("small", {}, note) : null));

  function neighbours(at) {
    const place = order.indexOf(at);
    return place < 0 ? [at - 1, at + 1].map((at) => (at in data.sites ? at : undefined)) : [order[place - 1], order[place + 1]];
  }

  function showSite(at) {
    const site = data.sites[at], details = detailsOf(at), [before, after] = neighbours(at);
    const twice = Math.max(0, 1000 - site[OWN] - site[CHROME]);
    const legend = [["own", "its own", site[OWN]], ["chrome", "chrome", site[CHROME]]].concat(twice > 0 ? [["twice", "said twice", twice]] : []);
    view.append(
      crumbs(link("#sites", "← All sites"), h("span", { className: "gap" }),
        before === undefined ? null : link(siteHash(before), "← Previous", "prev", `Previous site: ${siteName(data.sites[before])}`),
        after === undefined ? null : link(siteHash(after), "Next →", "next", `Next site: ${siteName(data.sites[after])}`)),
      h("section", { className: "hero" }, title(bdi(siteName(site))),
        h("p", { className: "eyebrow" }, `${count(site[PAGES], "page", "pages")}, ${bytes(site[READ])} of text`),
        stack(site[CHROME], site[OWN]),
        h("ul", { className: "legend" }, legend.map(([name, text, share]) => h("li", { className: name }, h("b", {}, text), ` ${percent(share)}`)))),
      site[FEW] ? h("p", { className: "note" }, "This site has too few pages to tell what repeats.") : "");
    const figures = h("dl", { className: "figures" }, inFigures("Duplicates", grouped(site[DUPLICATES]), "another page says the same"),
      inFigures("Emptied pages", grouped(site[EMPTIED]), "all of their text is chrome"), inFigures("Short pages", grouped(site[SHORT]), "little text of their own"));
    view.append(figures);
    if (!details) {
      view.append(h("p", { className: "note" }, "Of this site only the figures are told here: its blocks, lists and example pages may be in the JSON report."));
      return;
    }
    figures.prepend(inFigures("Pages that differ", grouped(details.distinct), details.blank ? `${grouped(details.blank)} are blank` : "numbers and dates aside"));
    figures.append(inFigures("Median page", grouped(details.kept_lengths[1]), `characters of its own, of ${grouped(details.read_lengths[1])}`));
    const [chart, shares] = figure("Pages by share dropped", "How much of a page’s text is chrome, in %.", "pages", [...TENTHS, "all"], details.shares);
    view.append(h("section", { className: "charts" }, shares, heat(details)), siteRules(details, site));
    histogram(chart, [...TENTHS, "all"], details.shares, "pages");
    if (details.examples.length > 0) {
      view.append(h("section", {}, h("h2", {}, "Example pages"), h("p", { className: "hint" }, "Shown whole, dropped lines struck through, each with its reason."),
        h("ul", { className: "plain examples" }, details.examples.map((page, number) =>
          h("li", {}, h("a", { href: `${siteHash(at)}&page=${number + 1}` }, bdi(page.url || `page ${number + 1}`)))))));
    }
    if (details.alike_text && details.most_alike > 1) {
      view.append(h("section", {}, h("h2", {}, `${count(details.most_alike, "page says", "pages say")} nearly the same`), h("blockquote", { dir: "auto" }, details.alike_text)));
    }
    const blocks = details.recurring.filter((it) => !it.is_list), lists = details.recurring.filter((it) => it.is_list);
    view.append(recurring("Recurring blocks", "Lines that stand together, the same on each page: a menu, a footer, a notice.", blocks, details),
      recurring("Rotating lists", "Lines that change from page to page in one place: headlines, related pages, comments.", lists, details));
    if (details.more_recurring > 0) view.append(h("p", { className: "hint" }, `And ${count(details.more_recurring, "block or list", "blocks and lists")} more, in the JSON report.`));
    if (details.emptied_pages.length > 0) {
      const more = site[EMPTIED] - details.emptied_pages.length;
      view.append(h("section", {}, h("h2", {}, "Emptied pages"), h("ul", { className: "plain" },
        details.emptied_pages.map((url) => h("li", {}, pageLink(url))), more > 0 ? h("li", {}, `and ${grouped(more)} more`) : null)));
    }
  }

  function heat(details) {
    const cells = details.positions.map((share, at) => {
      const cell = h("i", { title: `at ${at * 2}–${at * 2 + 2} % of the page: ${share} % is dropped` });
      cell.style.opacity = (share / 100).toFixed(2);
      return cell;
    });
    const label = details.positions.filter((_, at) => at % 5 === 0).map((share, at) => `at ${at * 10} % of the page ${share} %`).join(", ");
    return h("figure", {}, h("figcaption", {}, h("h2", {}, "Where on the page text is dropped"),
      h("p", {}, "From the top of the pages to their end: the stronger, the more of the text there is chrome. ",
        h("span", { className: "ramp", "aria-hidden": "true" }), h("span", { "aria-hidden": "true" }, "0–100 %"))),
      h("div", { className: "heat", role: "img", "aria-label": `Share of text dropped: ${label}` }, cells),
      h("div", { className: "ends", "aria-hidden": "true" }, h("span", {}, "top"), h("span", {}, "middle"), h("span", {}, "end")));
  }

  function siteRules(details, site) {
    if (details.dropped.length === 0) return "";
    const most = details.dropped[0][3] || 1;
    return h("section", {}, h("h2", {}, "Why lines were dropped"), h("div", { className: "scroll" }, h("table", { className: "rules" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "The line …"), h("th", { scope: "col", className: "n" }, "lines"), h("th", { scope: "col" }, "text"))),
      h("tbody", {}, details.dropped.map(([name, what, lines, size]) => {
        const bar = h("i");
        bar.style.width = `${(size / most * 100).toFixed(1)}%`;
        return h("tr", {}, h("th", { scope: "row" }, name, h("small", {}, what)), h("td", { className: "n" }, grouped(lines)),
          h("td", { className: "meter" }, bar, h("span", {}, bytes(size))));
      })))));
  }

  const SHOWN_MEMBERS = 5, SHOWN_CARDS = 6;
  /** Hides all items but the first few, and gives the button that shows them. */
  function foldable(items, shown) {
    const folded = items.slice(shown);
    if (folded.length === 0) return "";
    const more = h("button", { className: "button more", type: "button" });
    const fold = (hide) => {
      folded.forEach((item) => { item.hidden = hide; });
      more.setAttribute("aria-expanded", String(!hide));
      more.textContent = hide ? `Show all ${grouped(items.length)}` : "Show fewer";
    };
    fold(true);
    more.addEventListener("click", () => fold(more.getAttribute("aria-expanded") === "true"));
    return more;
  }

  function recurring(name, note, items, details) {
    if (items.length === 0) return "";
    const cards = items.map((it) => card(it, details));
    const sample = ` Of a sample of ${count(details.sampled, "page", "pages")}.`;
    return h("section", {}, h("h2", {}, name), h("p", { className: "hint" }, note, sample), h("div", { className: "cards" }, cards), foldable(cards, SHOWN_CARDS));
  }

  /** The first and the last day; of the last what differs. */
  function days(first, last) {
    if (!first || !last || first === last) return first || last || "";
    return `${first} – ${first.slice(0, 4) === last.slice(0, 4) ? last.slice(5) : last}`;
  }

  function card(it, details) {
    const place = it.position < 20 ? "near the top" : it.position > 80 ? "near the end" : "amid the page";
    const dot = h("i");
    dot.style.left = `${it.position}%`;
    const dated = it.lines.some((line) => line[2]);
    const rows = it.lines.map(([text, pages, first, last]) => {
      const bar = h("i");
      bar.style.width = `${(pages / details.sampled * 100).toFixed(1)}%`;
      return h("tr", {}, h("td", { dir: "auto" }, text),
        h("td", { className: "n" }, h("span", { className: "on-pages" }, count(pages, "page", "pages"), bar)),
        dated ? h("td", { className: "n" }, h("small", {}, days(first, last))) : null);
    });
    return h("article", { className: "card" },
      h("h3", { dir: "auto" }, it.heading || (it.lines.length > 0 ? it.lines[0][0] : it.id)),
      h("p", { className: "meta" }, [`on ${grouped(it.pages)} of ${count(details.sampled, "page", "pages")}`, `${it.lines_a_page} ${it.lines_a_page === 1 ? "line" : "lines"} a page`, bytes(it.bytes), place].join(" · ")),
      h("div", { className: "where", title: `begins at ${it.position} % of the page, on average`, "aria-hidden": "true" }, dot),
      h("table", {}, h("colgroup", {}, h("col"), h("col", { className: "on" }), dated ? h("col", { className: "days" }) : null),
        h("thead", { className: "hush" }, h("tr", {}, h("th", { scope: "col" }, "line"), h("th", { scope: "col" }, "pages"), dated ? h("th", { scope: "col" }, "days") : null)),
        h("tbody", {}, rows)),
      foldable(rows, SHOWN_MEMBERS), it.more_lines > 0 ? h("p", { className: "meta" }, `and ${count(it.more_lines, "line", "lines")} more, in the JSON report`) : "",
      it.example ? h("p", { className: "meta" }, "for example on ", pageLink(it.example)) : "");
  }

  // ---------------------------------------------------------------- an example page

  const why = h("div", { id: "why", role: "tooltip", hidden: true });
  document.body.append(why);
  let toldOf = null;
  function tell(line) {
    if (toldOf) { toldOf.classList.remove("at"); toldOf.removeAttribute("aria-describedby"); }
    toldOf = line;
    why.hidden = !line;
    if (!line) return;
    line.classList.add("at");
    line.setAttribute("aria-describedby", "why");
    const [, keep, rule, pages, of] = line.told;
    const evidence = of > 1 ? ` – on ${grouped(pages)} of ${grouped(of)} pages` : "";
    why.replaceChildren(h("b", {}, `${keep ? "Stays" : "Dropped"}: ${data.rules[rule][0]}`), `${data.rules[rule][1]}${evidence}`);
    placeWhy();
  }
  function placeWhy() {
    if (!toldOf) return;
    const at = toldOf.querySelector(".text > *").getBoundingClientRect(), size = why.getBoundingClientRect();
    const above = at.top - size.height - 6;
    why.style.top = `${above > 4 ? above : Math.min(at.bottom + 6, innerHeight - size.height - 4)}px`;
    why.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
  }

  function showPage(at, number) {
    const details = detailsOf(at), page = details && details.examples[number - 1];
    if (!page) { showSite(at); return; }
    const lines = page.lines.map((line, place) => {
      const [text, keep, rule, pages, of] = line;
      const item = h("li", { className: keep ? "keep" : "drop", tabindex: place === 0 ? "0" : "-1" },
        h("span", { className: "text", dir: "auto" }, h(keep ? "span" : "del", {}, text)),
        h("span", { className: "reason" }, `${data.rules[rule][0]}${of > 1 ? ` · ${grouped(pages)} of ${grouped(of)}` : ""}`));
      item.told = line;
      return item;
    });
    const list = h("ol", { className: "page", "aria-label": "Lines of the page" }, lines);
    list.addEventListener("pointerover", (event) => { if (event.pointerType !== "touch") tell(event.target.closest("li")); });
    list.addEventListener("pointerleave", () => tell(null));
    list.addEventListener("focusin", (event) => { if (event.target.matches("li:focus-visible")) tell(event.target); });
    list.addEventListener("focusout", () => tell(null));
    list.addEventListener("click", (event) => tell(event.target.closest("li")));
    list.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const shown = lines.filter((line) => line.offsetParent !== null);
      move(shown, document.activeElement, step);
    });
    const only = h("button", { className: "button", type: "button", "aria-pressed": "false" }, "Only what stays");
    only.addEventListener("click", () => {
      const is = list.classList.toggle("kept-only");
      only.setAttribute("aria-pressed", String(is));
    });
    const used = [...new Set(page.lines.map((line) => line[2]))].sort((a, b) => a - b);
    const [before, after] = [number - 1, number + 1].map((to) => (details.examples[to - 1] ? `${siteHash(at)}&page=${to}` : undefined));
    view.append(crumbs(link(siteHash(at), ["← ", bdi(siteName(data.sites[at]))]), h("span", { className: "gap" }),
      before ? link(before, "← Previous page", "prev") : null, after ? link(after, "Next page →", "next") : null),
      h("section", { className: "hero" }, h("p", { className: "eyebrow" }, "Example page, shown whole"), h("h1", { className: "url", tabindex: "-1" }, pageLink(page.url))),
      h("div", { className: "tools" }, only, h("span", { className: "hint" }, "Point at a line, tap it, or go through the lines with ↑ and ↓, to read why it stays or goes.")),
      list, page.more_lines > 0 ? h("p", { className: "hint" }, `And ${count(page.more_lines, "line", "lines")} more, in the JSON report if at all.`) : "",
      h("section", {}, h("h2", {}, "What the reasons mean"), h("dl", { className: "figures legend-of-rules" },
        used.map((rule) => h("div", {}, h("dt", {}, data.rules[rule][0]), h("dd", {}, h("small", {}, `The line ${data.rules[rule][1]}.`)))))));
  }

  /** Moves the focus among items of which one is in the order of tabs. */
  function move(items, from, step) {
    const to = items[items.indexOf(from) + step];
    if (!to) return;
    if (from && items.includes(from)) from.setAttribute("tabindex", "-1");
    to.setAttribute("tabindex", "0");
    to.focus();
    to.scrollIntoView({ block: "nearest" });
    tell(to.matches(".page li") ? to : null);
  }

  // ---------------------------------------------------------------- near-duplicates

  const clusterAt = new Map(data.clusters.map((cluster, at) => [cluster.id, at]).reverse());

  function showClusters() {
    view.append(h("section", { className: "hero" }, title("Near-duplicates"), h("p", { className: "eyebrow" }, !data.found ? "Nobody looked for near-duplicates in this run."
      : data.found[0] === 0 ? "No two pages say the same." : `${count(data.found[0], "cluster", "clusters")} of ${count(data.found[1], "page", "pages")} that say the same, or nearly, when chrome is gone.`)));
    if (data.clusters.length === 0) return;
    if (data.found[0] > data.clusters.length) view.append(h("p", { className: "hint" }, `The ${grouped(data.clusters.length)} largest are listed.`));
    view.append(h("div", { className: "scroll" }, h("table", { className: "clusters" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "The page that stays"), h("th", { scope: "col", className: "n" }, "Pages"), h("th", { scope: "col" }, "How the others stand to it"))),
      h("tbody", {}, data.clusters.map((cluster) => {
        const others = cluster.pages.filter((page) => page[2] !== "canonical");
        const relations = [...new Set(others.map((page) => page[2]))].join(", ");
        return h("tr", {}, h("th", { scope: "row" }, h("a", { href: `#cluster=${cluster.id}` }, bdi(cluster.canonical || cluster.id))),
          h("td", { className: "n" }, grouped(cluster.size)), h("td", {}, relations));
      })))));
  }

  function words(parts) {
    return parts.map((part, at) => (at % 2 === 1 ? h("mark", {}, part) : part));
  }

  function diffRow(row) {
    if (typeof row === "number") return h("tr", { className: "gap" }, h("td", { colSpan: 2 }, `${count(row, "line", "lines")} the same`));
    if (row.length === 1) return h("tr", { className: "same" }, h("td", { dir: "auto" }, row[0]), h("td", { dir: "auto" }, row[0]));
    return h("tr", { className: "differ" }, row.map((side) => (side ? h("td", { dir: "auto" }, words(side)) : h("td", { className: "lone" }))));
  }

  function showCluster(at) {
    const cluster = data.clusters[at];
    const next = data.clusters[at + 1], before = data.clusters[at - 1];
    const isSame = cluster.pages.every((page) => page[2] === "canonical" || page[2] === "equal");
    view.append(crumbs(link("#clusters", "← All near-duplicates"), h("span", { className: "gap" }),
      before ? link(`#cluster=${before.id}`, "← Previous", "prev") : null, next ? link(`#cluster=${next.id}`, "Next →", "next") : null),
      h("section", { className: "hero" }, title(`${count(cluster.size, "page", "pages")} that say ${isSame ? "the same" : "nearly the same"}`),
        h("p", { className: "eyebrow" }, cluster.is_earlier ? "A page of an earlier run stays: " : "This one stays: ", pageLink(cluster.canonical))));
    if (cluster.compared) {
      const [url, rows] = cluster.compared;
      view.append(h("section", {}, h("h2", {}, "The two that differ most, side by side"), h("p", { className: "hint" }, "What is left of them when chrome is gone; words that differ are marked. Long texts are cut."),
        h("table", { className: "diff" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("b", {}, "stays"), bdi(cluster.canonical)), h("th", { scope: "col" }, h("b", {}, "is left out"), bdi(url)))),
          h("tbody", {}, rows.map(diffRow)))));
    }
    if (isSame) view.append(h("p", { className: "hint" }, "What is left of them when chrome is gone is the same, byte for byte."));
    view.append(h("section", {}, h("h2", {}, "Its pages"), h("div", { className: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Page"), h("th", { scope: "col" }, "Site"), h("th", { scope: "col" }, "Relation"), h("th", { scope: "col", className: "n" }, "Likeness"))),
      h("tbody", {}, cluster.pages.map(([url, site, relation, similarity]) => h("tr", {}, h("td", {}, pageLink(url)),
        h("td", {}, siteAt.has(site) ? h("a", { href: `#site=${encodeURIComponent(site)}` }, bdi(site || "(none)")) : bdi(site)),
        h("td", {}, relation === "canonical" ? "stays" : relation), h("td", { className: "n" }, relation === "canonical" ? "–" : percent(similarity))))))),
      cluster.more_pages > 0 ? h("p", { className: "hint" }, `And ${count(cluster.more_pages, "page", "pages")} more.`) : ""));
  }

  // ---------------------------------------------------------------- where we are

  const places = new Map();
  let here = null, forward = true;

  function route() {
    const hash = location.hash.slice(1);
    const wanted = Object.fromEntries(hash.split("&").map((part) => {
      const [name, value = ""] = part.split("=", 2);
      try { return [name, decodeURIComponent(value)]; } catch { return [name, value]; }
    }));
    tell(null);
    while (drawn.length > overviewCharts) drawn.pop().detach();
    view.replaceChildren();
    let current = "overview";
    if ("site" in wanted && siteAt.has(wanted.site)) {
      current = "sites";
      if (wanted.page) showPage(siteAt.get(wanted.site), Number(wanted.page));
    } else if ("cluster" in wanted && clusterAt.has(wanted.cluster)) {
      current = "clusters";
    } else if (hash === "clusters") {
      current = "clusters";
    } else if (hash === "sites") {
      current = "sites";
    }
    const inView = "site" in wanted && siteAt.has(wanted.site) || current === "clusters";
    const comes = overview.hidden && !inView;
    overview.hidden = inView;
    view.hidden = !inView;
    if (inView && view.childElementCount === 0) {
      if ("site" in wanted) showSite(siteAt.get(wanted.site));
      else if ("cluster" in wanted) showCluster(clusterAt.get(wanted.cluster));
      else showClusters();
    }
    // The window may have changed while they could not be seen.
    if (comes) drawn.forEach((chart) => chart.update());
    const head = view.querySelector("h1");
    document.title = inView && head ? `${head.textContent} – crawl report` : "Crawl report";
    for (const part of document.querySelectorAll("nav a")) {
      if (part.dataset.view === current) part.setAttribute("aria-current", "page");
      else part.removeAttribute("aria-current");
    }
    const left = here;
    here = hash;
    if (!forward && places.has(hash)) {
      scrollTo(0, places.get(hash));
      if (!inView && left && left.startsWith("site=")) focusOn(left);
    } else if (inView) {
      scrollTo(0, 0);
      if (left !== null && head) head.focus({ preventScroll: true });
    } else if (hash === "sites") {
      $("#sites").scrollIntoView();
    } else if (left !== null) {
      scrollTo(0, 0);
    }
    forward = false;
  }

  /** Puts the focus back to the link by which a site was opened. */
  function focusOn(hash) {
    const opened = [...body.querySelectorAll("a")].find((opened) => opened.hash.slice(1) === hash.split("&page=")[0]);
    if (opened) opened.focus({ preventScroll: true });
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest && event.target.closest("a[href^='#']")) forward = true;
    if (toldOf && !event.target.closest(".page")) tell(null);
  }, true);
  addEventListener("scroll", placeWhy, { passive: true });
  addEventListener("scroll", () => { if (here === location.hash.slice(1)) places.set(here, scrollY); }, { passive: true });
  addEventListener("hashchange", route);
  $(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });

  // ---------------------------------------------------------------- keys, light and dark

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input, select, textarea");
    if (event.key === "Escape") {
      tell(null);
      if (state.filter !== "" && !overview.hidden) { field.value = ""; field.dispatchEvent(new Event("input")); }
      else if (typing) event.target.blur();
    } else if (event.key === "/" && !typing) {
      event.preventDefault();
      if (overview.hidden) location.hash = "#sites";
      requestAnimationFrame(() => setTimeout(() => field.focus(), 0));
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (event.target === field || body.contains(event.target))) {
      const links = [...body.querySelectorAll("th a")];
      const to = event.target === field ? 0 : links.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
      if (event.target === field && event.key === "ArrowUp") return;
      event.preventDefault();
      if (to < 0) field.focus();
      else if (links[to]) links[to].focus();
    } else if ((event.key === "ArrowLeft" || event.key === "ArrowRight") && !typing && !view.hidden) {
      const to = view.querySelector(`.crumbs a[rel=${event.key === "ArrowLeft" ? "prev" : "next"}]`);
      if (to) to.click();
    }
  });

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = h("button", { className: "button", type: "button", id: "theme" });
  const isDark = () => (document.documentElement.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
  function labelTheme() {
    theme.textContent = isDark() ? "Light" : "Dark";
    theme.setAttribute("aria-label", isDark() ? "Show in light colours" : "Show in dark colours");
  }
  theme.addEventListener("click", () => { document.documentElement.dataset.theme = isDark() ? "light" : "dark"; labelTheme(); });
  dark.addEventListener("change", labelTheme);
  labelTheme();
  $(".top").append(theme);

  const overviewCharts = drawn.length;
  history.scrollRestoration = "manual";
  showTable();
  route();
})();
