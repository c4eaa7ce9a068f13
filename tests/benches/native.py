"""Takes turns between the engine and its peers for native.sh, and prints medians, ratios and goals."""

import argparse
import importlib.util
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

import numpy

TYPES = ["q8_0", "q4_0"]
KEEPS = ["one", "each"]
# (at least, aim), as a multiple of llama.cpp's.
GOALS = {
    "q8_0": {"prefill": (2.0, 3.5), "1": (1.5, 2.2), "8": (4.5, 6.0), "32": (4.0, 5.5)},
    "q4_0": {"prefill": (2.0, 3.5), "1": (1.5, 2.0), "8": (2.7, 3.8), "32": (2.3, 3.2)},
}
here = pathlib.Path(__file__).parent


def printed(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def goal_of(kind, figure):
    return GOALS[kind]["prefill" if figure == "prefill" else figure.split("_")[1]]


def apart(own, other):
    """The squared difference of logits over their squares, both less their means, which a softmax does not see."""
    own, other = (numbers - numbers.mean() for numbers in (own, other))
    return float(((own - other) ** 2).sum() / (other**2).sum())


def main():
    parser = argparse.ArgumentParser()
    for name in ["rounds", "threads"]:
        parser.add_argument(f"--{name}", type=int, required=True)
    for name in ["engine", "shipped", "models"]:
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    options = parser.parse_args()
    # Both sides get as many threads, whatever a shell says.
    os.environ["RAYON_NUM_THREADS"] = str(options.threads)
    ours = {kind: {} for kind in TYPES}
    theirs = {kind: {keeps: {} for keeps in KEEPS} for kind in TYPES}
    hugging, errors = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        own_logits, other_logits = (pathlib.Path(folder, name) for name in ["own", "other"])
        for number in range(options.rounds):
            for kind in TYPES:
                print(f"round {number + 1} of {options.rounds}: {kind}", file=sys.stderr)
                model = str(options.models / f"random-smollm2-135m-{kind}.gguf")
                for figure, rate in printed([options.engine, "--round", model, own_logits]).items():
                    ours[kind].setdefault(figure, []).append(rate)
                for keeps in KEEPS:
                    command = [sys.executable, here / "llama.py", model, str(options.threads), other_logits, keeps]
                    for figure, rate in printed(command).items():
                        theirs[kind][keeps].setdefault(figure, []).append(rate)
                own, other = (numpy.fromfile(path, "<f4").astype(float) for path in (own_logits, other_logits))
                errors[kind] = apart(own, other)
        shipped = printed([options.engine, "shipped", options.shipped])
        if all(importlib.util.find_spec(name) for name in ["torch", "transformers"]):
            hugging = printed([sys.executable, here / "hugging_face.py", str(options.threads)])
    report(options, ours, theirs, hugging, errors, shipped)


def report(options, ours, theirs, hugging, errors, shipped):
    summary = {"machine": platform.machine(), "threads": options.threads, "rounds": options.rounds}
    print(f"tokens a second, medians of {options.rounds} rounds (least - most)")
    print(f"{'':6}{'':24}{'ours':>24}{'llama.cpp':>24}{'ratio':>8}  at least, aim")
    for kind in TYPES:
        for figure, rates in ours[kind].items():
            # The way of keeping keys and values that is the faster one here.
            best = max((theirs[kind][keeps][figure] for keeps in KEEPS), key=statistics.median)
            ratio = statistics.median(rates) / statistics.median(best)
            least, aim = goal_of(kind, figure)
            print(f"{kind:6}{figure:24}{spread(rates):>24}{spread(best):>24}{ratio:>8.2f}  {least}, {aim}")
            summary[f"{kind}_{figure}"] = {
                "ours": round(statistics.median(rates)), "llama_cpp": round(statistics.median(best)), "ratio": round(ratio, 2),
            }
        print(f"{kind:6}logits after 40 tokens: squared difference {errors[kind]:.1e} of the squares")
        summary[f"{kind}_logits_squared_difference"] = errors[kind]
    rows = [shipped[f"shipped_decode_{rows}_rows_tokens_per_s"] for rows in (1, 32)]
    print(f"shipped model: {rows[0]:.0f} tokens a second at 1 row, {rows[1]:.0f} at 32: {rows[1] / rows[0]:.2f} times; at least 4")
    summary["shipped_32_rows_over_1"] = round(rows[1] / rows[0], 2)
    for name, rate in hugging.items():
        print(f"Hugging Face generate, {name}: {rate:.0f} tokens a second")
    summary["hugging_face"] = {name: round(rate) for name, rate in hugging.items()} or None
    print(json.dumps(summary))


def spread(rates):
    return f"{statistics.median(rates):.0f} ({min(rates):.0f} - {max(rates):.0f})"


main()
