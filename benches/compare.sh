#!/usr/bin/env bash
# Times `dehusk clean` beside `zcat FILE | wc -l`, in turn, and prints medians and ratios.
#
#     benches/compare.sh FILE.warc.wet.gz [RUNS] [OPTION OF dehusk clean]...
#
# Decompressing and counting lines is the least that any program reading such a file has to do, so the ratio says more
# than seconds of one machine. Both are run in turn, because other work on the machine comes and goes.
# Needs GNU time and Python 3. DEHUSK names another binary than target/release/dehusk.
set -euo pipefail
export LC_ALL=C

if [ $# -lt 1 ]; then
    sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
input=$(realpath "$1")
runs=${2:-5}
shift $(($# < 2 ? $# : 2))
cd "$(dirname "$0")/.."
dehusk=${DEHUSK:-target/release/dehusk}
if [ ! -x "$dehusk" ]; then
    cargo build --release
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
zcat -- "$input" > /dev/null # both find the file in memory
for _ in $(seq "$runs"); do
    /usr/bin/time -a -o "$work/dehusk" -f '%e %U %S %M' \
        "$dehusk" clean --force "$@" "$input" -o "$work/cleaned" 2> "$work/summary"
    /usr/bin/time -a -o "$work/zcat" -f '%e %U %S %M' \
        sh -c 'zcat -- "$1" | wc -l' sh "$input" > "$work/lines"
done

python3 - "$work" "$runs" <<'PYTHON'
import statistics
import sys
from pathlib import Path

work, runs = Path(sys.argv[1]), sys.argv[2]


def medians(name):
    rows = [[float(field) for field in line.split()] for line in (work / name).read_text().splitlines()]
    wall = statistics.median(row[0] for row in rows)
    cpu = statistics.median(row[1] + row[2] for row in rows)
    memory = statistics.median(row[3] for row in rows) * 1024 / 1e6
    spread = f"{min(row[0] for row in rows):.2f} to {max(row[0] for row in rows):.2f}"
    return wall, cpu, memory, spread


dehusk, zcat = medians("dehusk"), medians("zcat")
print((work / "summary").read_text())
print(f"{runs} runs each, in turn; medians     wall     CPU   memory   wall, least to most")
for name, (wall, cpu, memory, spread) in [("dehusk clean", dehusk), ("zcat FILE | wc -l", zcat)]:
    print(f"{name:<30} {wall:8.2f} s {cpu:6.2f} s {memory:5.0f} MB   {spread} s")
print(f"{'ratio':<30} {dehusk[0] / zcat[0]:8.2f}   {dehusk[1] / zcat[1]:6.2f}")
PYTHON
