#!/usr/bin/env bash
# Decode, prefill, pairs a minute and memory of the page's model beside wllama's (llama.cpp), in the same headless Chromium.
# browser.sh [--rounds N]: each figure is a median over N rounds (6), in which both take turns; the design's goal is beside each ratio.
# wllama runs with one thread and with two, after the first round only as it was best.
# Models are random weights in SmolLM2-135M's shape, written once (220 MB); BENCH_MODELS names another folder for them.
# wllama comes from npm into target/bench-peers. The last line is one of JSON. It measures; it tests nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

wllama=3.8.1
peers=target/bench-peers
. tests/benches/models.sh
mkdir -p "$peers"
for type in q8_0 q4_0; do random_model "$type" >/dev/null; done
[ -s web/dist/index.html ] || bash web/build.sh >&2
[ -d tests/browser/node_modules ] || npm install --prefix tests/browser --no-audit --no-fund --silent
grep -qs "\"version\": \"$wllama\"" "$peers/node_modules/@wllama/wllama/package.json" ||
  npm install --prefix "$peers" --no-audit --no-fund --silent "@wllama/wllama@$wllama"
exec node tests/browser/peers.mjs --models "$models" --wllama "$peers/node_modules/@wllama/wllama/esm" "$@"
