#!/usr/bin/env bash
# Builds the page: web/pkg/ from crates/wasm, and web/dist/, a folder to upload as it is to any static host.
# Installs what is missing by rustup and cargo; nothing else is downloaded.
set -euo pipefail
cd "$(dirname "$0")/.."

wasm_pack=0.15.1
# wasm-pack takes the wasm-bindgen on the path only where it is the one of Cargo.lock.
wasm_bindgen=$(grep -A1 '^name = "wasm-bindgen"$' Cargo.lock | sed -n 's/^version = "\(.*\)"$/\1/p')

install() { # install CRATE VERSION COMMAND
  local found
  found=$("$3" --version 2>/dev/null | awk '{print $2}') || true
  [ "$found" = "$2" ] && return 0
  echo "installing $1 $2 (some minutes, once)" >&2
  # Its own lock file first; where a crate of it is not to be had, versions that are.
  cargo install --quiet --locked "$1" --version "=$2" || cargo install --quiet "$1" --version "=$2"
}

command -v cargo >/dev/null || { echo "cargo is missing: install Rust by rustup" >&2; exit 2; }
PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
if ! rustup target list --installed 2>/dev/null | grep -qx wasm32-unknown-unknown; then
  rustup target add wasm32-unknown-unknown
fi
install wasm-bindgen-cli "$wasm_bindgen" wasm-bindgen
install wasm-pack "$wasm_pack" wasm-pack

# Flags of the environment would take the place of those in .cargo/config.toml, and SIMD with them.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
wasm-pack --quiet build crates/wasm --target web --mode no-install --no-pack --no-opt \
  --profile page --out-dir ../../web/pkg --out-name tiebreak_wasm -- --locked

dist=web/dist
rm -rf "$dist"
mkdir -p "$dist/pkg" "$dist/model"
cp web/index.html web/style.css web/icon.svg web/worker.js web/service-worker.js "$dist/"
cp -r web/app web/style "$dist/"
cp web/pkg/tiebreak_wasm.js web/pkg/tiebreak_wasm_bg.wasm "$dist/pkg/"
cp web/model/*.gguf "$dist/model/"
rm -f "$dist"/app/*.ts

# The service worker keeps every file, under a version that is a hash over all of them.
list=$(cd "$dist" && find . -type f ! -name service-worker.js | LC_ALL=C sort)
version=$(cd "$dist" && echo "$list" | xargs sha256sum | sha256sum | cut -c1-16)
files=$(echo "$list" | sed 's/.*/"&",/' | tr -d '\n')
sed -i "s|^const version = .*|const version = \"$version\";|; s|^const files = .*|const files = [\"./\", $files];|" "$dist/service-worker.js"

size() { printf '%s bytes' "$(wc -c <"$1")"; }
echo "$dist: version $version, wasm $(size "$dist/pkg/tiebreak_wasm_bg.wasm"), $(gzip -9c "$dist/pkg/tiebreak_wasm_bg.wasm" | wc -c) compressed"
