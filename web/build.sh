#!/usr/bin/env bash
# Builds the page: web/pkg/ from crates/wasm, and web/dist/, a folder to upload as it is to any static host.
# The module is built twice: for every browser with SIMD, and for those with relaxed SIMD, which multiply faster.
# Installs what is missing by rustup and cargo; nothing else is downloaded.
set -euo pipefail

usage() {
  cat <<'END'
bash web/build.sh [--connect ORIGIN]... [--parent ORIGIN]... [--no-wasm] [--out FOLDER]

  --connect ORIGIN  studies and models may come from there, and votes may go there
  --parent ORIGIN   a page from there may hold this one in a frame and speak with it
  --no-wasm         takes web/pkg/ as it is
  --out FOLDER      instead of web/dist/; a page that is there already is replaced

Without --connect and --parent the page has to do with its own origin alone.
An origin is written as https://host.example or https://host.example:8443, without a path.
END
}

wrong() {
  echo "$1" >&2
  echo "bash web/build.sh --help tells what can be written" >&2
  exit 2
}

# As browsers write it, so that it can be compared: small letters, no path, no port that is the usual one.
origin() { # origin FLAG ORIGIN
  local https='^https://([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(:[0-9]{1,5})?$'
  local loopback='^http://(([a-z0-9-]+\.)*localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?$'
  [[ $2 =~ $https || $2 =~ $loopback ]] || wrong "$1 $2: write an https origin in small letters without a path, such as https://host.example (http only for localhost)"
  [[ ! $2 =~ ^https://.*:443$ && ! $2 =~ ^http://.*:80$ ]] || wrong "$1 $2: leave the port out, it is the usual one"
}

connect=()
parents=()
with_wasm=yes
dist=web/dist
while [ $# -gt 0 ]; do
  case $1 in
    --help) usage; exit 0 ;;
    --no-wasm) with_wasm=no; shift; continue ;;
    --connect | --parent | --out) [ $# -gt 1 ] || wrong "$1 wants a value" ;;
    *) wrong "$1: there is no such option" ;;
  esac
  case $1 in
    --connect) origin "$1" "$2"; connect+=("$2") ;;
    --parent) origin "$1" "$2"; parents+=("$2") ;;
    --out) dist=$(realpath -m "$2") ;;
  esac
  shift 2
done
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

build_wasm() {
  command -v cargo >/dev/null || { echo "cargo is missing: install Rust by rustup" >&2; exit 2; }
  PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
  if ! rustup target list --installed 2>/dev/null | grep -qx wasm32-unknown-unknown; then
    rustup target add wasm32-unknown-unknown
  fi
  install wasm-bindgen-cli "$wasm_bindgen" wasm-bindgen
  install wasm-pack "$wasm_pack" wasm-pack

  # Flags of the environment would take the place of those in .cargo/config.toml, and SIMD with them.
  unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
  pack ../../web/pkg
  # Cargo adds these flags to those of .cargo/config.toml.
  CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS='-C target-feature=+relaxed-simd' pack ../../web/pkg/relaxed
}

pack() { # pack FOLDER
  wasm-pack --quiet build crates/wasm --target web --mode no-install --no-pack --no-opt \
    --profile page --out-dir "$1" --out-name tiebreak_wasm -- --locked
}

[ $with_wasm = no ] || build_wasm

# A folder that is somebody else's is not emptied.
if [ -n "$(ls -A "$dist" 2>/dev/null)" ] && [ ! -f "$dist/tiebreak-annotator.js" ] && [ "$dist" != web/dist ]; then
  wrong "--out $dist: there is something else in it; name a new folder"
fi
rm -rf "$dist"
mkdir -p "$dist/pkg/relaxed" "$dist/model"
cp web/index.html web/style.css web/icon.svg web/worker.js web/service-worker.js \
  web/tiebreak-annotator.js web/tiebreak.js web/frame.js LICENSE-MIT LICENSE-APACHE "$dist/"
cp -r web/app web/style web/types "$dist/"
cp web/pkg/tiebreak_wasm.js web/pkg/tiebreak_wasm_bg.wasm "$dist/pkg/"
cp web/pkg/relaxed/tiebreak_wasm.js web/pkg/relaxed/tiebreak_wasm_bg.wasm "$dist/pkg/relaxed/"
cp web/model/*.gguf "$dist/model/"
rm -f "$dist/app/surroundings.d.ts"

quoted() { # quoted ORIGIN...: as the inside of an array
  local IFS=,
  [ $# -eq 0 ] || echo "${*@Q}"
}
if [ ${#connect[@]} -gt 0 ]; then
  sed -i "s|^\(export const connect = \).*|\1[$(quoted "${connect[@]}")];|" "$dist/app/origins.js"
  sed -i "s|connect-src 'self'|& ${connect[*]}|" "$dist/index.html"
fi
if [ ${#parents[@]} -gt 0 ]; then
  sed -i "s|^\(export const parents = \).*|\1[$(quoted "${parents[@]}")];|" "$dist/app/origins.js"
fi

# The service worker keeps every file, under a version that is a hash over all of them.
list=$(cd "$dist" && find . -type f ! -name service-worker.js ! -name '*.d.ts' ! -name 'LICENSE-*' | LC_ALL=C sort)
version=$(cd "$dist" && echo "$list" | xargs sha256sum | sha256sum | cut -c1-16)
probe=$(sed -n 's/^const probe = //p' "$dist/app/instructions.js")
files=$(echo "$list" | sed 's/.*/"&",/' | tr -d '\n')
sed -i "s|^const version = .*|const version = \"$version\";|; s|^const files = .*|const files = [\"./\", $files];|; s|^const probe = .*|const probe = $probe|" "$dist/service-worker.js"

echo "$dist: version $version"
for module in pkg pkg/relaxed; do
  wasm=$dist/$module/tiebreak_wasm_bg.wasm
  echo "  $module: wasm $(wc -c <"$wasm") bytes, $(gzip -9c "$wasm" | wc -c) compressed"
done
