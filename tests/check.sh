#!/usr/bin/env bash
# Everything that must hold before a change lands: format, lints, tests, docs and fences.
# A part that cannot run here is a failure when CI is set, and is said loudly otherwise.
set -uo pipefail
cd "$(dirname "$0")/.."

passed=0
failed=()
missing=()

part() { # part NAME COMMAND...: runs a part and remembers how it ended
  local name=$1 start=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  if "$@"; then
    passed=$((passed + 1))
    printf -- '-- %s: ok, %d s\n' "$name" $((SECONDS - start))
  else
    failed+=("$name")
    printf -- '-- %s: FAILED\n' "$name"
  fi
}

cannot() { # cannot NAME REASON: a part that this machine cannot run
  missing+=("$1: $2")
  printf '\n== %s\n!! NOT RUN: %s\n' "$1" "$2"
}

have_components() {
  cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 && return 0
  rustup component add rustfmt clippy >/dev/null 2>&1
}

have_wasm() {
  if rustup target list --installed 2>/dev/null | grep -qx wasm32-unknown-unknown; then return 0; fi
  rustup target add wasm32-unknown-unknown >/dev/null 2>&1
}

have_node() {
  node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' 2>/dev/null && command -v npm >/dev/null
}

have_chromium() {
  [ -x /usr/bin/chromium ] && return 0
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  { apt-get update && apt-get install -y chromium; } >/dev/null 2>&1
}

browser_packages() {
  npm install --prefix tests/browser --no-audit --no-fund --silent
}

browser_tests() {
  cargo build --locked --quiet -p tiebreak && cargo build --locked --quiet -p tiebreak-tests --bin agreement && npm test --prefix tests/browser --silent
}

# The driver must be of the browser's version, as a distribution's package is.
have_chromedriver() {
  command -v chromedriver >/dev/null && return 0
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  { apt-get update && apt-get install -y chromium-driver; } >/dev/null 2>&1
}

# The kernels' tests in the browser, as the page's module is compiled and with relaxed SIMD.
wasm_tests() {
  local features module
  for features in +simd128 +simd128,+relaxed-simd; do
    # The dependencies are the same for both, and compiled once.
    module=$(cargo rustc --locked --quiet -p tiebreak-kernels --lib --profile test --target wasm32-unknown-unknown \
      --message-format json -- -C "target-feature=$features" | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
    [ -n "$module" ] || return 1
    echo "with $features:"
    PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH" WASM_BINDGEN_USE_BROWSER=1 wasm-bindgen-test-runner "$module" || return 1
  done
}

# The library that reads a hub's folders: Python's own, or one in the build folder.
have_datasets() {
  python=python3
  "$python" -c 'import datasets' 2>/dev/null && return 0
  local folder=${CARGO_TARGET_DIR:-target}/python
  python=$(realpath -m "$folder")/bin/python
  "$python" -c 'import datasets' 2>/dev/null && return 0
  { python3 -m venv "$folder" && "$python" -m pip install -r tests/exports/requirements.txt; } >/dev/null 2>&1
}

exports() { # exports [--load PYTHON]
  cargo build --locked --quiet -p tiebreak || return 1
  bash tests/exports/check.sh "$(realpath "${CARGO_TARGET_DIR:-target}/debug/tiebreak")" "$@"
}

# A crate that the tree must not hold anywhere, or not under some crate of ours.
no_crate() { # no_crate NAME CARGO-TREE-ARGUMENTS...
  local name=$1
  shift
  local tree
  tree=$(cargo tree --locked --prefix none --edges normal,build "$@") || return 1
  if grep -E "^$name v" <<<"$tree"; then
    echo "the tree holds $name (cargo tree $*)"
    return 1
  fi
}

fences() {
  local wrong=0 name
  no_crate onig --workspace --target all || wrong=1
  no_crate onig_sys --workspace --target all || wrong=1
  for name in wasm-bindgen web-sys js-sys 'gloo[a-z-]*'; do
    no_crate "$name" -p tiebreak || wrong=1
    no_crate "$name" -p tiebreak-core || wrong=1
  done
  for name in tokio reqwest hyper clap anyhow; do
    no_crate "$name" -p tiebreak-engine || wrong=1
  done
  for name in 'candle[a-z-]*' rayon; do
    no_crate "$name" -p tiebreak-kernels || wrong=1
  done
  no_crate 'candle[a-z-]*' -p tiebreak-wasm --target wasm32-unknown-unknown || wrong=1
  if grep -rnE 'cfg\(.*target_arch|cfg\(.*target_os' crates/core/src crates/engine/src; then
    echo "core and engine know no host: make it a trait or a feature"
    wrong=1
  fi
  if grep -rn 'unsafe' crates/*/src tests/src tests/it --include='*.rs' | grep -v '^crates/kernels/'; then
    echo "unsafe stands outside the kernels"
    wrong=1
  fi
  return $wrong
}

# The page's crates as the page is made of them, and the kernels once more with relaxed SIMD.
lint_wasm() {
  cargo clippy --locked --quiet -p tiebreak-core -p tiebreak-kernels -p tiebreak-wasm --target wasm32-unknown-unknown -- -D warnings &&
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS='-C target-feature=+relaxed-simd' \
      cargo clippy --locked --quiet -p tiebreak-kernels --target wasm32-unknown-unknown -- -D warnings
}

if have_components; then
  part "format" cargo fmt --all --check
  part "lints" cargo clippy --locked --workspace --all-targets --quiet -- -D warnings
else
  cannot "format and lints" "rustfmt and clippy are not installed: rustup component add rustfmt clippy"
fi
if have_wasm; then
  part "lints for wasm32" lint_wasm
else
  cannot "lints for wasm32" "the target is not installed: rustup target add wasm32-unknown-unknown"
fi
if ! command -v c++ >/dev/null; then
  cannot "the sampler for GPUs, on the processor" "there is no C++ compiler: apt-get install g++"
elif ! echo 'int main() {}' | c++ -fsanitize=thread -x c++ - -o /dev/null 2>/dev/null; then
  cannot "races of the sampler for GPUs" "the C++ compiler has no ThreadSanitizer: apt-get install libtsan2"
fi
# Tests run side by side; threads would only wait for each other. Those that are about threads ask for theirs.
part "tests" env RAYON_NUM_THREADS=1 cargo test --locked --workspace --quiet
if ! command -v python3 >/dev/null; then
  cannot "exports read back" "python3 is not installed"
elif have_datasets; then
  part "exports read back" exports --load "$python"
else
  part "exports read back" exports
  cannot "exports loaded by datasets" "Python has no library datasets: pip install -r tests/exports/requirements.txt"
fi
part "docs" env RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --quiet
part "fences" fences
if have_wasm; then
  part "page" bash web/build.sh
else
  cannot "page" "the target wasm32-unknown-unknown is not installed"
fi
# The page's build has installed the runner.
if have_wasm && have_chromium && have_chromedriver; then
  part "kernels in the browser" wasm_tests
else
  cannot "kernels in the browser" "Chromium or its driver is not installed: apt-get install chromium chromium-driver"
fi
if ! have_node; then
  cannot "page types and browser tests" "node 20 or newer and npm are not installed"
else
  part "packages of the browser tests" browser_packages
  part "page types" npm run types --prefix tests/browser --silent
  if have_chromium; then
    part "browser tests" browser_tests
  else
    cannot "browser tests" "Chromium is not installed: apt-get install chromium"
  fi
fi

printf '\n'
for name in ${missing[@]+"${missing[@]}"}; do printf 'not run: %s\n' "$name"; done
for name in ${failed[@]+"${failed[@]}"}; do printf 'failed: %s\n' "$name"; done
if [ -n "${CI:-}" ]; then failed+=(${missing[@]+"${missing[@]}"}); fi
printf '%d passed, %d failed, %d skipped\n' "$passed" "${#failed[@]}" "${#missing[@]}"
[ "${#failed[@]}" -eq 0 ]
