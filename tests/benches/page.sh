#!/usr/bin/env bash
# How long the page lets people wait in headless Chromium, what it weighs, and how fast its model writes.
# page.sh [--runs N]: each figure is a median over N runs (5), beside the design's limit where there is one.
# The last line is one of JSON. It measures; it tests nothing, and a slow machine is no failure.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ -z "${TIEBREAK:-}" ]; then
  cargo build --release --locked --quiet -p tiebreak
  export TIEBREAK=target/release/tiebreak
fi
[ -s web/dist/index.html ] || bash web/build.sh >&2
[ -d tests/browser/node_modules ] || npm install --prefix tests/browser --no-audit --no-fund --silent
exec node tests/browser/bench.mjs "$@"
