"""Opens HTML reports in a headless Chromium and uses them as people do. Python's own library is all it needs.

    drive.py CHROMIUM REPORT HOSTILE

REPORT is of the samples, HOSTILE of pages that try to break out. The browser is spoken to over a pipe (DevTools protocol,
messages end with NUL). The first thing that is not as it should be ends the run with a message and status 1.
"""

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS = 60  # for one answer of the browser, or for something to come true


class Browser:
    """A browser with one tab. Notes each request, console message, exception and dialog."""

    def __init__(self, command, folder):
        to_browser, self.commands = os.pipe()
        self.answers, from_browser = os.pipe()

        def pipes():  # the browser reads from 3 and writes to 4
            os.dup2(to_browser, 63)
            os.dup2(from_browser, 64)
            os.dup2(63, 3)
            os.dup2(64, 4)

        options = ["--headless=new", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe", f"--user-data-dir={folder}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            options.append("--no-sandbox")  # it refuses to run as root with one
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen([command, *options, "about:blank"], preexec_fn=pipes, close_fds=False, **quiet)
        os.close(to_browser)
        os.close(from_browser)
        self.read, self.number, self.session, self.events = b"", 0, None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self.call(f"{domain}.enable")

    def message(self):
        while b"\0" not in self.read:
            if not select.select([self.answers], [], [], SECONDS)[0]:
                raise SystemExit("the browser does not answer")
            part = os.read(self.answers, 1 << 20)
            if not part:
                raise SystemExit("the browser has ended")
            self.read += part
        message, self.read = self.read.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") != self.number:
                self.events.append(answer)
                continue
            if "error" in answer:
                raise SystemExit(f"{method}: {answer['error']}")
            return answer["result"]

    def js(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise SystemExit(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def until(self, expression, what):
        end = time.monotonic() + SECONDS
        while not self.js(f"Boolean({expression})"):
            if time.monotonic() > end:
                raise SystemExit(f"{what}: {expression} does not come true at {self.js('location.hash')}")
            time.sleep(0.02)

    def open(self, path):
        self.url = Path(path).resolve().as_uri()
        self.call("Page.navigate", url=self.url)
        self.until("document.readyState === 'complete' && location.protocol === 'file:'", "the report opens")

    def key(self, key):
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        codes = {"Enter": 13, "Escape": 27, "ArrowUp": 38, "ArrowDown": 40, "Tab": 9}
        code = {"windowsVirtualKeyCode": codes[key]} if key in codes else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=text, **code)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, **code)

    def point_at(self, element, click=False):
        box = f"(() => {{ const e = {element}; e.scrollIntoView({{block: 'center'}}); const b = e.getBoundingClientRect(); return [b.x + Math.min(b.width / 2, 9), b.y + b.height / 2] }})()"
        x, y = self.js(box)
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        for kind in ["mousePressed", "mouseReleased"] if click else []:
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def check_quiet(self):
        """Nothing left the file, and nothing was complained about."""
        self.js("new Promise((done) => setTimeout(done, 50))")
        for event in self.events:
            method, params = event["method"], event["params"]
            if method == "Network.requestWillBeSent":
                url = params["request"]["url"].split("#")[0]
                check(url in (self.url, "about:blank"), f"the page asks for {url}")
            noise = ["Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded", "Page.javascriptDialogOpening"]
            check(method not in noise, f"{method}: {json.dumps(params)[:600]}")
        self.events.clear()

    def close(self):
        self.process.terminate()
        self.process.wait(SECONDS)


def check(holds, what):
    if not holds:
        raise SystemExit(what)


ROWS = "[...document.querySelectorAll('.sites tbody tr')]"


def column(browser, number):
    return browser.js(f"{ROWS}.map((row) => row.cells[{number}].textContent)")


def table(browser):
    """The table of sites sorts and filters."""
    head = "document.querySelectorAll('.sites thead button')[{}]"
    names = column(browser, 0)
    check(len(names) == 3, f"there are three sites: {names}")
    for wanted, backwards in [("descending", True), ("ascending", False)]:
        browser.point_at(head.format(3), click=True)
        browser.until(f"{head.format(3)}.parentNode.getAttribute('aria-sort') === '{wanted}'", "a click on a column sorts")
        shares = [float(text.split()[0]) for text in column(browser, 3)]
        check(shares == sorted(shares, reverse=backwards) and len(set(shares)) > 1, f"{wanted} shares of chrome: {shares}")
    browser.point_at(head.format(0), click=True)
    check(column(browser, 0) == sorted(names), "sites sort by name")
    browser.key("/")
    browser.until("document.activeElement.type === 'search'", "/ goes to the filter")
    browser.call("Input.insertText", text="COURIER")
    browser.until(f"{ROWS}.length === 1", "the filter filters")
    check("courier" in column(browser, 0)[0], "the filter finds names in any case")
    browser.call("Input.insertText", text="no such site")
    browser.until("document.querySelector('.sites .none')", "the table says that there is none")
    browser.key("Escape")
    browser.until(f"{ROWS}.length === 3", "Escape clears the filter")


def site_and_page(browser):
    """A site opens by the keyboard; an example page shows what was dropped and why."""
    browser.key("ArrowDown")
    browser.until("document.activeElement.matches('.sites tbody a')", "the arrows go to the sites")
    name = browser.js("document.activeElement.textContent")
    browser.js("[...document.querySelectorAll('.sites tbody a')].find((a) => a.textContent.includes('courier')).focus()")
    browser.key("Enter")
    browser.until("location.hash.startsWith('#site=') && document.querySelector('#view h1')?.textContent.includes('courier')", f"Enter opens {name}")
    for what in [".chart .ct-bar", ".heat i", ".card tbody tr", ".examples a"]:
        browser.until(f"document.querySelector('#view {what}')", f"a site has {what}")
    rows = "[...document.querySelector('.card:has(.more)').querySelectorAll('tr')].filter((row) => row.offsetParent)"
    few = browser.js(f"{rows}.length")
    browser.point_at("document.querySelector('.card .more')", click=True)
    browser.until(f"{rows}.length > {few}", "a block shows all of its lines")

    browser.point_at("document.querySelector('.examples a')", click=True)
    browser.until("document.querySelector('.page li')", "an example page opens")
    dropped = browser.js("document.querySelectorAll('.page .drop del').length")
    check(dropped > 0, "an example page has dropped lines")
    check(browser.js("getComputedStyle(document.querySelector('.page del')).textDecorationLine") == "line-through", "they are struck through")
    check(browser.js("document.querySelectorAll('.page .keep del').length") == 0, "lines that stay are not")
    why = "document.querySelector('#why')"
    browser.point_at("[...document.querySelectorAll('.page .drop')].find((line) => / of /.test(line.textContent)).querySelector('del')")
    browser.until(f"!{why}.hidden && /^Dropped: .* – on \\d+ of \\d+ pages$/.test({why}.textContent)", "the reason shows on hover")
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=1, y=1)
    browser.until(f"{why}.hidden", "the reason goes")
    browser.js("document.querySelector('.page li').focus()")
    browser.key("ArrowDown")
    browser.until(f"document.activeElement === document.querySelectorAll('.page li')[1] && !{why}.hidden", "the reason shows on focus")
    browser.point_at("document.querySelector('.tools .button[aria-pressed]')", click=True)
    browser.until("![...document.querySelectorAll('.page .drop')].some((line) => line.offsetParent)", "dropped lines can be hidden")
    browser.js("history.back()")
    browser.until("document.querySelector('.examples')", "Back goes to the site")
    browser.js("history.back()")
    browser.until(f"{ROWS}.length === 3 && !document.querySelector('#overview').hidden", "Back goes to the table")


def clusters(browser):
    """A cluster shows two of its pages side by side."""
    browser.point_at("document.querySelector('nav [data-view=clusters]')", click=True)
    browser.until("document.querySelector('.clusters a')", "clusters are listed")
    browser.point_at("document.querySelector('.clusters a')", click=True)
    browser.until("document.querySelector('.diff .differ td:first-child mark')", "words of the one that differ are marked")
    browser.until("document.querySelector('.diff .differ td:last-child mark')", "words of the other that differ are marked")
    same = browser.js("[...document.querySelectorAll('.diff .same')].every((row) => row.cells[0].textContent === row.cells[1].textContent)")
    check(same, "lines that are the same face each other")
    browser.js("history.back()")
    browser.until("document.querySelector('.clusters a')", "Back goes to the clusters")
    browser.js("location.hash = '#overview'")
    browser.until("!document.querySelector('#overview').hidden", "the overview comes back")


def looks(browser):
    """Dark and light, a narrow screen, and a page that no script runs on."""
    paper = "getComputedStyle(document.body).backgroundColor"
    light = browser.js(paper)
    browser.point_at("document.querySelector('#theme')", click=True)
    browser.until(f"{paper} !== '{light}'", "the page turns dark")
    browser.call("Emulation.setEmulatedMedia", media="print")
    browser.until("getComputedStyle(document.documentElement).colorScheme === 'light'", "print is light")
    browser.call("Emulation.setEmulatedMedia", media="")
    browser.call("Emulation.setDeviceMetricsOverride", width=390, height=800, deviceScaleFactor=1, mobile=True)
    for place in ["#overview", "#clusters", "#" + browser.js(f"{ROWS}[0].querySelector('a').hash").lstrip("#")]:
        browser.js(f"location.hash = {json.dumps(place)}")
        browser.until(f"location.hash === {json.dumps(place)}", "places have a hash")
        wide = browser.js("document.documentElement.scrollWidth")
        check(wide <= 390, f"{place} is {wide} wide on a screen of 390")
    browser.call("Emulation.clearDeviceMetricsOverride")


def hostile(browser):
    """Texts of pages stay texts, wherever they are shown."""
    for number in range(browser.js(f"{ROWS}.length")):
        browser.js("location.hash = '#overview'")
        browser.until("!document.querySelector('#overview').hidden", "the overview comes back")
        browser.js(f"location.hash = {ROWS}[{number}].querySelector('a').hash")
        browser.until("document.querySelector('#view h1')", "a site opens")
        links = browser.js("[...document.querySelectorAll('a')].map((a) => a.protocol)")
        check(set(links) <= {"file:", "http:", "https:"}, f"links lead to {set(links)}")
        check(browser.js("document.documentElement.scrollWidth <= innerWidth"), "long words break")
        if browser.js("Boolean(document.querySelector('.examples a'))"):
            browser.js("document.querySelector('.examples a').click()")
            browser.until("document.querySelector('.page li')", "an example page opens")
            shown = browser.js("document.querySelector('.page').textContent")
            check("<script>" in shown and "\\u{202e}" in shown, "hostile texts are shown as what they are")
    check(browser.js("document.querySelectorAll('script').length") == 3, "no script was added")
    check(browser.js("document.querySelectorAll('img, iframe, object, embed, link, base, form').length") == 0, "nothing was added")
    check(browser.js("window.broken === undefined"), "no script of a page ran")


def main():
    command, report, hostile_report = sys.argv[1:]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(command, folder)
        try:
            browser.open(report)
            for step in [table, site_and_page, clusters, looks]:
                step(browser)
                browser.check_quiet()
            browser.open(hostile_report)
            hostile(browser)
            browser.check_quiet()
        finally:
            browser.close()


main()
