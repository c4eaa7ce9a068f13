#!/usr/bin/env bash
# What the kernels' products cost in headless Chromium, with and without relaxed SIMD.
# Figures are those of the third best of many passes; it measures and tests nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

[ -d tests/browser/node_modules ] || npm install --prefix tests/browser --no-audit --no-fund --silent
target=${CARGO_TARGET_DIR:-target}
modules=()
for features in +simd128 +simd128,+relaxed-simd; do
  RUSTFLAGS="-C target-feature=$features" cargo build --release --locked --quiet -p tiebreak-kernels \
    --example products_in_browser --target wasm32-unknown-unknown --target-dir "$target/$features"
  modules+=("$target/$features/wasm32-unknown-unknown/release/examples/products_in_browser.wasm")
done
cat /proc/loadavg 2>/dev/null | sed 's/^/load: /' >&2 || true
exec node tests/browser/bench-kernels.mjs "${modules[@]}"
