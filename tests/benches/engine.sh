#!/usr/bin/env bash
# Tokens a second of the engine, prefill and decode at 1, 8 and 32 rows, on two models:
# the shipped one, and random weights in SmolLM2-135M's shape (written once, 150 MB); and the seconds of `tiebreak demo`.
# The last line is one of JSON. It measures; it tests nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

. tests/benches/models.sh
cargo build --release --locked --quiet -p tiebreak-tests --bin bench-engine
cargo build --release --locked --quiet --bin tiebreak
random=$(random_model q8_0)
grep -m1 'model name' /proc/cpuinfo 2>/dev/null | sed 's/.*: /processor: /' >&2 || true
echo "processors: $(nproc)" >&2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
start=$(date +%s%N)
"$target/release/tiebreak" demo --out "$folder/demo" >"$folder/out" 2>&1 || { cat "$folder/out" >&2; exit 1; }
echo "tiebreak demo: $((($(date +%s%N) - start) / 1000000)) ms; the goal is 15000 at most" >&2
"$target/release/bench-engine" shipped web/model/tiebreak-support-6m-q8_0.gguf smollm2_135m "$random"
