#!/usr/bin/env python3
"""Makes gold by hand: writes a sheet of what dehusk says of some pages, and reads it back when you have mended it.

usage: dehusk clean CRAWL --annotate --format jsonl -o marked.jsonl
       python3 benches/gold/by_hand.py sheet marked.jsonl -o sheet.txt [--pages N | --id ID...]
       (mend sheet.txt in an editor)
       python3 benches/gold/by_hand.py gold marked.jsonl sheet.txt -o gold.jsonl
       dehusk eval gold.jsonl --with CRAWL --train own.json --adapt
       dehusk clean CRAWL --model own.json

Of each page the sheet has a line `= ID` and then the page's lines, each behind its mark:

  +  content: what the page itself says
  -  chrome: what belongs to the site
  ?  not to be learned from

Only the marks may be changed. A page may be taken out as a whole.
"""

import argparse
import hashlib
import json
import sys

MARKS = {"+": 1, "-": 0, "?": -1}


def rows(path):
    """The rows of marked pages, by their ids as text."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            row = json.loads(line)
            if "lines" not in row.get("dehusk", {}):
                sys.exit(f"{path}:{number}: the row has no verdicts; write it with dehusk clean --annotate")
            name = str(row.get("id", row.get("url", number)))
            if name in found:
                sys.exit(f"{path}:{number}: the id {name!r} stands on an earlier line too; make ids unique")
            found[name] = row
    return found


def shown(line):
    """A line as the sheet has it: what would end it there is written out."""
    return line.replace("\\", "\\\\").replace("\r", "\\r").replace("\x0b", "\\v").replace("\x0c", "\\f")


def marks(row):
    """The mark of each line of the text: that of its first verdict, and `?` where it is blank."""
    verdicts = {line["start"]: line["verdict"] for line in row["dehusk"]["lines"]}
    at = 0
    for line in row["text"].split("\n"):
        end = at + len(line.encode()) + 1
        first = next((verdicts[start] for start in sorted(verdicts) if at <= start < end), None)
        yield "?" if first is None or not line.strip() else "+" if first == "keep" else "-"
        at = end


def sheet(options):
    pages = rows(options.marked)
    unknown = [name for name in options.id or [] if name not in pages]
    if unknown:
        sys.exit(f"{options.marked}: there is no page of the id {unknown[0]!r}")
    # Neither the first pages, which are fronts, nor any that a run of the same input would not choose again.
    order = sorted(pages, key=lambda name: hashlib.md5(name.encode()).digest())
    with open(options.out, "x", encoding="utf-8") as out:
        for name in options.id or order[: options.pages]:
            out.write(f"= {shown(name)}\n")
            lines = pages[name]["text"].split("\n")
            out.writelines(f"{mark} {shown(line)}\n" for mark, line in zip(marks(pages[name]), lines))


def labelled(path, pages):
    """The labels of each page of a sheet."""
    names = {shown(name): name for name in pages}
    found, lines = {}, []
    with open(path, encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            mark, text = line[:1], line.removesuffix("\n").removesuffix("\r")[2:]
            if mark == "=":
                name = names.get(text)
                if name is None or name in found:
                    sys.exit(f"{path}:{number}: {'no page has this id' if name is None else 'the page stands here twice'}")
                lines = [shown(line) for line in pages[name]["text"].split("\n")]
                labels = found[name] = []
            elif not found or len(labels) >= len(lines) or text.rstrip() != lines[len(labels)].rstrip():
                sys.exit(f"{path}:{number}: this is not the line that the page has here; change marks alone")
            elif mark not in MARKS:
                sys.exit(f"{path}:{number}: the mark is {mark!r}; give one of + - ?")
            else:
                labels.append(MARKS[mark])
    for name, labels in found.items():
        if len(labels) != pages[name]["text"].count("\n") + 1:
            sys.exit(f"{path}: the last lines of {name!r} are missing; change marks alone")
    return found


def gold(options):
    pages = rows(options.marked)
    found = labelled(options.sheet, pages)
    with open(options.out, "x", encoding="utf-8") as out:
        for name, labels in found.items():
            row = {**pages[name], "id": name, "gold": labels}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("sheet", help="write what dehusk says of some pages")
    command.add_argument("marked", help="rows that dehusk clean --annotate wrote")
    command.add_argument("--pages", type=int, default=5, metavar="N", help="how many pages [5]")
    command.add_argument("--id", action="append", help="this page; can be given several times")
    command.add_argument("-o", "--out", required=True)
    command.set_defaults(run=sheet)
    command = commands.add_parser("gold", help="make gold of a mended sheet")
    command.add_argument("marked", help="the rows that the sheet was made of")
    command.add_argument("sheet")
    command.add_argument("-o", "--out", required=True)
    command.set_defaults(run=gold)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
