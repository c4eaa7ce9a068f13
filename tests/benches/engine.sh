#!/usr/bin/env bash
# Tokens a second of the engine, prefill and decode at 1, 8 and 32 rows, on two models:
# the shipped one, and random weights in SmolLM2-135M's shape (written once, 150 MB).
# The last line is one of JSON. It measures; it tests nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

cargo build --release --quiet -p tiebreak-tests --bins
models=target/bench-models
mkdir -p "$models"
random="$models/random-smollm2-135m-q8_0.gguf"
if [ ! -s "$random" ]; then
  echo "writing $random" >&2
  target/release/random-model smollm2-135m q8_0 "$random.part"
  mv "$random.part" "$random"
fi
grep -m1 'model name' /proc/cpuinfo 2>/dev/null | sed 's/.*: /processor: /' >&2 || true
echo "processors: $(nproc)" >&2
exec target/release/bench-engine shipped web/model/tiebreak-support-6m-q8_0.gguf smollm2_135m "$random"
