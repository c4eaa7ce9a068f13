#!/usr/bin/env bash
# A mixture of experts beside llama.cpp: decode and prefill on the same file and tokens, taking turns; ours includes the sampler, theirs samples nothing.
# experts.sh [--rounds N]: each figure is a median over N rounds (3).
# The model is random weights in Q8_0 in the shape of Qwen3-30B-A3B, with 8 layers of half its width and 64 experts of 384 (700 MB), written once; BENCH_MODELS names another folder for it.
# PYTHON names a Python that has llama-cpp-python 0.3.36, gguf and numpy; native.sh builds the first.
# The last line is one of JSON. It measures; it tests nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

rounds=3
case ${1:-} in
--rounds) rounds=${2:?--rounds wants a number} ;;
'') ;;
*) echo "usage: experts.sh [--rounds N]" >&2; exit 2 ;;
esac

. tests/benches/models.sh
PYTHON=${PYTHON:-target/bench-peers/python/bin/python}
if ! "$PYTHON" -c 'import gguf, llama_cpp, numpy' 2>/dev/null; then
  echo "PYTHON ($PYTHON) lacks llama_cpp, gguf or numpy: pip install llama-cpp-python==0.3.36 gguf numpy" >&2
  exit 2
fi
cargo build --release --locked --quiet -p tiebreak-tests --bin bench-engine
dense=$(random_model q8_0)
grep -m1 'model name' /proc/cpuinfo 2>/dev/null | sed 's/.*: /processor: /' >&2 || true
echo "processors: $(nproc); load: $(cut -d' ' -f1 /proc/loadavg), and above 0.5 the figures say little" >&2
exec "$PYTHON" tests/benches/experts.py "$target/release/bench-engine" "$dense" "$models/random-experts-q8_0.gguf" "$rounds" "$(nproc)"
