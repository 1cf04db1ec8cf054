#!/usr/bin/env python3
"""Sets near-duplicate detection of dehusk beside datasketch, rensa, text-dedup and datatrove.

    python3 -m venv venv
    venv/bin/pip install datasketch==2.0.0 rensa==0.5.0 text-dedup==0.4.0 'datatrove[processing]==0.10.1' \\
        spacy==3.8.18 orjson regex scipy
    cargo build --release --example near_duplicates
    venv/bin/python benches/similar_compare.py PAGES.jsonl [--sizes 20 200] [--threshold .8] [--tools dehusk rensa ...]

PAGES.jsonl holds one page a line, with "text" and "url". For each size the first so many megabytes of text (UTF-8,
pages shuffled with a fixed seed) are written to a slice of their own, and each tool is run on it as its manual says, in
a process of its own held to one core, at one threshold, with word 5-grams and 128 permutations where it lets one
choose. Measured are the CPU seconds of that process and its children, the wall time and the peak memory; a run over ten
pages gives what merely starting costs, and MB/s is text over CPU time without the start.

Truth is the exact Jaccard similarity of the sets of word 5-shingles (UAX-29 words that hold a letter or digit, lower
case; a shorter page is one whole shingle) for all pairs at or above the threshold. It comes from prefix filtering,
which misses none: two sets that are t alike share one of the (1-t)|A|+1 rarest shingles of A.

What the columns say:
  pairs      pairs of pages the tool calls near-duplicates; for a tool that only gives groups, all pairs within a group
  recall     of the true pairs, the share among them
  precision  of them, the share at or above the threshold; `far` is the share more than .1 below it, because tools
             differ in what a word is and a pair at the threshold may fall on either side
  pages      pages said to have a near-duplicate, with recall and precision: the one figure flags alone can give
  wrong      pages that the tool would drop although no page it keeps is as near as the threshold (groups keep their
             first page; with pairs, a page goes if an earlier page that stays is its pair)
  left       true pairs of which both pages stay: the near-duplicates that are still there afterwards. A tool that
             forms groups without chains has a lower recall of pairs than it leaves behind, since two pages may both be
             near the page that stays for them and less near each other
"""

import argparse
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "target/release/examples/near_duplicates"  # or what NEAR_DUPLICATES names
NGRAM = 5
SLOTS = 128
BANDS = 16  # where a tool wants bands named: 16 bands of 8 find 95 % of the pairs that are .8 alike
SEED = 42
WORD = re.compile(r"\w+")


def read_pages(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def write_slice(pages, limit, path):
    """Writes pages, in an order shuffled by a fixed seed, until `limit` bytes of text are reached."""
    order = list(range(len(pages)))
    random.Random(SEED).shuffle(order)
    size = count = 0
    with open(path, "w", encoding="utf-8") as out:
        for index in order:
            text = pages[index]["text"]
            if size and size + len(text.encode()) > limit:
                break
            size += len(text.encode())
            json.dump({"id": str(count), "url": pages[index]["url"], "text": text}, out, ensure_ascii=False)
            out.write("\n")
            count += 1
    return size, count


# --- The tools. Each takes the slice, the threshold, a scratch folder and gives pairs, groups or flags. ---


def near_duplicates(slice_path, threshold, *options):
    """What dehusk's library finds, by the example that does nothing else."""
    command = [os.environ.get("NEAR_DUPLICATES", EXAMPLE), slice_path, str(threshold), *options]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(row) for row in output.splitlines()]


def run_dehusk(slice_path, threshold, _scratch):
    groups = near_duplicates(slice_path, threshold)
    return {"groups": groups, "note": "bands by threshold, checked by sets against the page that stays"}


def run_dehusk_pairs(slice_path, threshold, _scratch):
    rows = near_duplicates(slice_path, threshold, "--pairs")
    return {"pairs": [row[:2] for row in rows], "note": "all pairs, checked by sets"}


def word_ngrams(text):
    """Word 5-grams for the libraries that leave cutting to their caller."""
    words = WORD.findall(text.lower())
    if len(words) < NGRAM:
        return [" ".join(words)]
    return [" ".join(words[i : i + NGRAM]) for i in range(len(words) - NGRAM + 1)]


def run_datasketch(slice_path, threshold, _scratch):
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=SLOTS)
    pairs = []
    for key, page in enumerate(read_pages(slice_path)):
        sketch = MinHash(num_perm=SLOTS)
        sketch.update_batch([gram.encode() for gram in word_ngrams(page["text"])])
        pairs += [(other, key) for other in index.query(sketch)]
        index.insert(key, sketch)
    return {"pairs": pairs, "note": f"{index.b} bands of {index.r}, its own choice"}


def rensa_batches(slice_path):
    batch = []
    for page in read_pages(slice_path):
        batch.append(word_ngrams(page["text"]))
        if len(batch) == 500:
            yield batch
            batch = []
    yield batch


def run_rensa(slice_path, threshold, _scratch):
    from rensa import RMinHash, RMinHashLSH

    sketches = []
    for batch in rensa_batches(slice_path):
        sketches += RMinHash.from_token_sets(batch, num_perm=SLOTS, seed=SEED)
    index = RMinHashLSH(threshold=threshold, num_perm=SLOTS, num_bands=BANDS)
    index.insert_many(sketches)
    pairs = []
    for key, candidates in enumerate(index.query_all(sketches)):
        for other in candidates:
            if other < key and sketches[other].jaccard(sketches[key]) >= threshold:
                pairs.append((other, key))
    return {"pairs": pairs, "note": f"all n-grams, {BANDS} bands of {SLOTS // BANDS}, checked by signature"}


def run_rensa_rho(slice_path, threshold, _scratch):
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=threshold, num_perm=SLOTS, num_bands=8)  # as its own benchmark does
    grams = (word_ngrams(page["text"]) for page in read_pages(slice_path))
    matrix = RMinHash.digest_matrix_from_token_sets_rho(grams, num_perm=SLOTS, seed=SEED)
    flags = index.query_duplicate_flags_matrix_one_shot(matrix)
    return {"flags": [key for key, flag in enumerate(flags) if flag], "note": "samples n-grams; flags only, 8 bands"}


def run_text_dedup(slice_path, threshold, scratch):
    command = [sys.executable, "-m", "text_dedup.minhash", "--path", "json", "--data_files", slice_path]
    command += ["--split", "train", "--cache_dir", f"{scratch}/cache", "--output", f"{scratch}/out", "--column", "text"]
    command += ["--ngram", NGRAM, "--num_perm", SLOTS, "--threshold", threshold, "--hash_func", "xxh3"]
    command += ["--num_proc", 1, "--debug"]
    env = os.environ | {"HF_DATASETS_CACHE": f"{scratch}/cache", "HF_HOME": f"{scratch}/home"}
    subprocess.run([str(part) for part in command], check=True, env=env, stdout=subprocess.DEVNULL)
    import pickle

    groups = {}
    with open(f"{scratch}/out/uf.pkl", "rb") as dump:
        joined = pickle.load(dump)
    parents = joined if isinstance(joined, dict) else joined.parent
    for page in parents:
        root = page
        while parents[root] != root:
            root = parents[root]
        groups.setdefault(root, []).append(page)
    return {"groups": [sorted(group) for group in groups.values()], "note": "its own bands, chained"}


def run_datatrove(slice_path, _threshold, scratch):
    import struct

    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers.jsonl import JsonlWriter

    folder, name = os.path.split(slice_path)
    config = MinhashConfig(n_grams=NGRAM, num_buckets=BANDS, hashes_per_bucket=SLOTS // BANDS)
    reader = JsonlReader(folder, glob_pattern=name)
    stages = [
        (1, [reader, MinhashDedupSignature(output_folder=f"{scratch}/signatures", config=config)]),
        (BANDS, [MinhashDedupBuckets(f"{scratch}/signatures", f"{scratch}/buckets", config=config)]),
        (1, [MinhashDedupCluster(f"{scratch}/buckets", f"{scratch}/removed", config=config, save_cluster_id=True)]),
        (1, [reader, MinhashDedupFilter(f"{scratch}/removed"), JsonlWriter(f"{scratch}/out")]),
    ]
    for number, (tasks, steps) in enumerate(stages):
        LocalPipelineExecutor(steps, tasks=tasks, workers=1, logging_dir=f"{scratch}/logs/{number}").run()
    groups = {}
    clusters = Path(f"{scratch}/removed/000000.clusters")
    for page, cluster in struct.iter_unpack("<2I", clusters.read_bytes() if clusters.exists() else b""):
        groups.setdefault(cluster, []).append(page)
    return {
        "groups": [sorted(group) for group in groups.values()],
        "note": f"no threshold: {BANDS} bands of {SLOTS // BANDS}, chained",
    }


TOOLS = {
    "dehusk": (run_dehusk, None),
    "dehusk-pairs": (run_dehusk_pairs, None),
    "datasketch": (run_datasketch, "datasketch"),
    "rensa": (run_rensa, "rensa"),
    "rensa-rho": (run_rensa_rho, "rensa"),
    "text-dedup": (run_text_dedup, "text-dedup"),
    "datatrove": (run_datatrove, "datatrove"),
}


def child(arguments):
    """The process that is measured: one tool on one slice."""
    run, _ = TOOLS[arguments.child]
    with tempfile.TemporaryDirectory(dir=arguments.work) as scratch:
        found = run(arguments.pages, arguments.threshold, scratch)
    found["peak"] = peak_memory()
    with open(arguments.found, "w", encoding="utf-8") as out:
        json.dump(found, out)


def peak_memory():
    """Peak resident bytes of this process or its largest child. The parent cannot ask wait4: what it gives starts at
    the parent's own size, because a process is forked before it becomes another program."""
    own = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return 1024 * max(int(own[1]), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


def measure(tool, slice_path, threshold, work, core):
    """Runs one tool in a process of its own on one core; gives what it used, and what it found."""
    found = work / "found.json"
    found.unlink(missing_ok=True)
    command = [sys.executable, __file__, slice_path, "--child", tool, "--found", found, "--work", work]
    command += ["--threshold", threshold]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
    started = time.monotonic()
    with open(work / f"{tool}.log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=log,
            stderr=log,
            env=os.environ | threads | {"DATATROVE_COLORIZE_LOGS": "0", "HF_HUB_OFFLINE": "1"},
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    if status or not found.exists():
        log = (work / f"{tool}.log").read_text(encoding="utf-8")
        raise RuntimeError(f"{tool} failed:\n{log[-3000:]}")
    cpu = usage.ru_utime + usage.ru_stime
    found = json.loads(found.read_text(encoding="utf-8"))
    return {"CPU s": cpu, "wall s": wall, "peak MB": found["peak"] / 1e6}, found


# --- Truth ---


def word_pattern():
    """The words of UAX #29 (and runs of underscores); Katakana, Han and other unspaced scripts a character each. The
    word boundaries of `regex` itself are not those: it has rules of its own for apostrophes."""
    import regex

    letter, mark = r"\p{WB=ALetter}\p{WB=Hebrew_Letter}", r"[\p{WB=Extend}\p{WB=Format}\p{WB=ZWJ}]*"
    joins = r"\p{WB=MidNumLet}\p{WB=Single_Quote}"
    inside = rf"[{letter}\p{{WB=Numeric}}\p{{WB=ExtendNumLet}}]{mark}"
    between_letters = rf"(?<=[{letter}])[\p{{WB=MidLetter}}{joins}](?=[{letter}])"
    between_digits = rf"(?<=\p{{WB=Numeric}})[\p{{WB=MidNum}}{joins}](?=\p{{WB=Numeric}})"
    return regex.compile(rf"(?:{inside}|{between_letters}|{between_digits})+|\w{mark}")


def shingle_matrix(texts):
    """Pages by shingles, as a sparse matrix of ones; each row holds a page's set."""
    import numpy as np
    from scipy import sparse

    uax29 = word_pattern()
    vocabulary, words, lengths = {}, [], []
    for text in texts:
        found = uax29.findall(text.lower())
        ids = [vocabulary.setdefault(word, len(vocabulary)) for word in found if word.strip("_")]
        words.append(np.array(ids, dtype=np.int64))
        lengths.append(len(ids))
    random_bits = np.random.default_rng(SEED)
    value = random_bits.integers(0, 2**64, size=len(vocabulary), dtype=np.uint64)
    factor = random_bits.integers(0, 2**64, size=max(lengths) + 2, dtype=np.uint64) | np.uint64(1)
    keys, rows = [], []
    for row, ids in enumerate(words):
        each = value[ids]
        if len(ids) >= NGRAM:
            window = sum(
                (mixed(each[k : len(ids) - NGRAM + 1 + k] * factor[k]) for k in range(NGRAM)), start=np.uint64(0)
            )
        else:
            window = np.array([np.uint64(len(ids)) + (mixed(each * factor[: len(ids)])).sum(dtype=np.uint64)])
        window = np.unique(mixed(window))
        keys.append(window)
        rows.append(np.full(len(window), row))
    _, columns = np.unique(np.concatenate(keys), return_inverse=True)
    rows = np.concatenate(rows)
    ones = np.ones(len(rows), dtype=np.int32)
    return sparse.csr_matrix((ones, (rows, columns)), shape=(len(texts), columns.max() + 1))


def mixed(bits):
    """The finaliser of splitmix64 on an array: sums of mixed words do not cancel."""
    import numpy as np

    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def similarities(matrix, left, right):
    """Exact Jaccard similarity of the given pairs of rows."""
    import numpy as np

    sizes = np.diff(matrix.indptr)
    result = np.empty(len(left))
    for start in range(0, len(left), 20_000):
        a, b = left[start : start + 20_000], right[start : start + 20_000]
        shared = np.asarray(matrix[a].multiply(matrix[b]).sum(axis=1)).ravel()
        result[start : start + 20_000] = shared / (sizes[a] + sizes[b] - shared)
    return result


def true_pairs(matrix, threshold):
    """All pairs of rows at or above the threshold, as two arrays (first below second) and their similarities."""
    import numpy as np
    from scipy import sparse

    count = np.bincount(matrix.indices, minlength=matrix.shape[1])
    rank = np.empty(len(count), dtype=np.int64)
    rank[np.lexsort((np.arange(len(count)), count))] = np.arange(len(count))
    # Rows that are equal are one row here, or a thousand equal pages would make half a million candidates.
    first, members = {}, {}
    for row in range(matrix.shape[0]):
        start, end = matrix.indptr[row : row + 2]
        members.setdefault(first.setdefault(np.sort(matrix.indices[start:end]).tobytes(), row), []).append(row)
    kept, columns = [], []
    for row in members:
        own = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
        prefix = own[np.argsort(rank[own])][: len(own) - int(np.ceil(threshold * len(own) - 1e-9)) + 1]
        prefix = prefix[count[prefix] > 1]
        kept.append(np.full(len(prefix), row))
        columns.append(prefix)
    kept, columns = np.concatenate(kept), np.concatenate(columns)
    prefixes = sparse.csr_matrix((np.ones(len(kept), dtype=np.int32), (kept, columns)), shape=matrix.shape)
    left, right, alike = [], [], []
    turned = prefixes.T.tocsr()
    sizes = np.diff(matrix.indptr)
    for start in range(0, matrix.shape[0], 500):
        near = sparse.triu(prefixes[start : start + 500] @ turned, k=start + 1).tocoo()
        a, b = near.row + start, near.col
        fits = np.minimum(sizes[a], sizes[b]) >= threshold * np.maximum(sizes[a], sizes[b]) - 1e-9
        a, b = a[fits], b[fits]
        score = similarities(matrix, a, b)
        near = score >= threshold - 1e-12
        left.append(a[near])
        right.append(b[near])
        alike.append(score[near])
    left, right, alike = map(np.concatenate, (left, right, alike))
    return with_equal_rows(members, left, right, alike)


def with_equal_rows(members, left, right, alike):
    """Pairs of representatives spelt out for the equal rows they stand for."""
    import numpy as np

    size = {row: len(rows) for row, rows in members.items()}
    plain = np.array([size[a] == 1 and size[b] == 1 for a, b in zip(left.tolist(), right.tolist())], dtype=bool)
    first, second, score = [left[plain]], [right[plain]], [alike[plain]]
    for a, b, s in zip(left[~plain].tolist(), right[~plain].tolist(), alike[~plain].tolist()):
        x, y = np.meshgrid(members[a], members[b])
        first.append(x.ravel())
        second.append(y.ravel())
        score.append(np.full(x.size, s))
    for rows in members.values():
        if len(rows) > 1:
            x, y = np.triu_indices(len(rows), 1)
            first.append(np.array(rows)[x])
            second.append(np.array(rows)[y])
            score.append(np.ones(len(x)))
    first, second = np.concatenate(first), np.concatenate(second)
    return np.minimum(first, second), np.maximum(first, second), np.concatenate(score)


# --- Judging what was found ---


def judge(found, matrix, truth, threshold):
    """The columns of the table for one tool."""
    import numpy as np

    pages = matrix.shape[0]
    left, right, _ = truth
    true_keys = np.unique(left.astype(np.int64) * pages + right)
    twins = np.unique(np.concatenate((left, right)))
    if "flags" in found:
        flagged = np.array(found["flags"], dtype=np.int64)
        return page_figures(flagged, twins)
    if "groups" in found:
        groups = [group for group in found["groups"] if len(group) > 1]
        listed = [np.array(group)[np.array(np.triu_indices(len(group), 1))] for group in groups]
        pairs = np.concatenate(listed, axis=1).T if listed else np.empty((0, 2), dtype=np.int64)
        dropped = {page: group[:1] for group in groups for page in group[1:]}
    else:
        pairs = np.array(found["pairs"], dtype=np.int64).reshape(-1, 2)
        dropped = drops(pairs)
    pairs = np.sort(pairs, axis=1)
    keys = np.unique(pairs[:, 0] * pages + pairs[:, 1])
    hits = np.isin(keys, true_keys, assume_unique=True)
    misses = keys[~hits]
    far = np.count_nonzero(similarities(matrix, misses // pages, misses % pages) < threshold - 0.1)
    figures = page_figures(np.unique(pairs), twins)
    figures |= {"pairs": len(keys), "recall": hits.sum() / max(1, len(true_keys))}
    figures |= {"precision": hits.sum() / max(1, len(keys)), "far": far / max(1, len(keys))}
    figures |= {"dropped": len(dropped), "wrong": wrong_drops(dropped, truth), "left": left_pairs(dropped, truth)}
    return figures


def page_figures(flagged, twins):
    import numpy as np

    both = len(np.intersect1d(flagged, twins))
    figures = {"pages": len(flagged), "page recall": both / max(1, len(twins))}
    return figures | {"page precision": both / max(1, len(flagged))}


def drops(pairs):
    """Reading pages in order, one is dropped when it is a pair with an earlier page that stayed."""
    earlier = {}
    for a, b in pairs.tolist():
        earlier.setdefault(max(a, b), set()).add(min(a, b))
    dropped = {}
    for page in sorted(earlier):
        kept = [other for other in earlier[page] if other not in dropped]
        if kept:
            dropped[page] = kept
    return dropped


def wrong_drops(dropped, truth):
    left, right, _ = truth
    near = {}
    for a, b in zip(left.tolist(), right.tolist()):
        if a in dropped and b not in dropped:
            near[a] = b
        elif b in dropped and a not in dropped:
            near[b] = a
    return sum(page not in near for page in dropped)


def left_pairs(dropped, truth):
    left, right, _ = truth
    return sum(a not in dropped and b not in dropped for a, b in zip(left.tolist(), right.tolist()))


COLUMNS = {
    "tool": "<12",
    "version": "<8",
    "CPU s": "8.2f",
    "start": "6.2f",
    "MB/s": "7.2f",
    "wall s": "8.1f",
    "peak MB": "8.0f",
    "pairs": "10,",
    "recall": "7.4f",
    "precision": "9.4f",
    "far": "6.4f",
    "pages": "7,",
    "page recall": "11.4f",
    "page precision": "14.4f",
    "dropped": "8,",
    "wrong": "6,",
    "left": "7,",
    "settings": "",
}


def line(figures):
    """One line of the table; a figure that a tool cannot give is a dash. Without figures, the head."""
    cells = []
    for name, form in COLUMNS.items():
        width = form[: form.find(".")] if "." in form else form.rstrip(",")
        width = width if width.startswith("<") or not width else ">" + width
        if figures is None:
            cells.append(format(name, width))
        else:
            cells.append(format(figures[name], form) if name in figures else format("-", width))
    return " ".join(cells)


def version_of(tool):
    if package := TOOLS[tool][1]:
        return metadata.version(package)
    manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    return re.search(r'^version = "(.*)"', manifest, re.MULTILINE)[1]


def compare(arguments):
    pages = list(read_pages(arguments.pages))
    work = Path(tempfile.mkdtemp(prefix="similar-", dir=arguments.work))
    few = work / "few.jsonl"
    write_slice(pages[:10], 1e12, few)
    starts = {
        tool: measure(tool, few, arguments.threshold, work, arguments.core)[0]["CPU s"] for tool in arguments.tools
    }
    for megabytes in arguments.sizes:
        path = work / f"slice-{megabytes}.jsonl"
        size, count = write_slice(pages, megabytes * 1e6, path)
        started = time.process_time()
        matrix = shingle_matrix([page["text"] for page in read_pages(path)])
        truth = true_pairs(matrix, arguments.threshold)
        spent = time.process_time() - started
        print(
            f"\n{size / 1e6:.1f} MB of text, {count:,} pages, {matrix.nnz:,} shingles; {len(truth[0]):,} pairs at",
            end="",
        )
        print(f" {arguments.threshold} or above by brute force ({spent:.0f} s of CPU)\n{line(None)}", flush=True)
        for tool in arguments.tools:
            used, found = measure(tool, path, arguments.threshold, work, arguments.core)
            rate = size / 1e6 / max(0.001, used["CPU s"] - starts[tool])
            figures = {"tool": tool, "version": version_of(tool), "start": starts[tool], "MB/s": rate}
            figures |= used | judge(found, matrix, truth, arguments.threshold) | {"settings": found["note"]}
            print(line(figures), flush=True)
        path.unlink()
    shutil.rmtree(work)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", help="pages, one JSON object a line with text and url")
    parser.add_argument("--sizes", type=int, nargs="+", default=[20, 200], help="megabytes of text in each slice")
    parser.add_argument("--threshold", type=float, default=0.8)
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS))
    parser.add_argument("--core", type=int, default=0, help="the core that the tools are held to")
    parser.add_argument("--work", default=tempfile.gettempdir(), help="folder for slices and intermediate files")
    parser.add_argument("--child", choices=TOOLS, help=argparse.SUPPRESS)
    parser.add_argument("--found", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments)
    else:
        compare(arguments)


if __name__ == "__main__":
    main()
