#!/usr/bin/env bash
# Decode and prefill of the engine beside llama.cpp's, on the same files and tokens, taking turns; ours includes the sampler, theirs samples nothing.
# native.sh [--rounds N]: each figure is a median over N rounds (6); the design's goal is beside each ratio.
# Models are random weights in SmolLM2-135M's shape, written once (220 MB); BENCH_MODELS names another folder for them.
# llama.cpp is built from the package llama-cpp-python in target/bench-peers, once, for this processor (5 to 20 minutes);
# PYTHON names a Python that has it already. Hugging Face's generate is measured too where that Python has torch and transformers.
# The last line is one of JSON. It measures; it tests nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

package=llama-cpp-python==0.3.36
rounds=6
case ${1:-} in
--rounds) rounds=${2:?--rounds wants a number} ;;
'') ;;
*) echo "usage: native.sh [--rounds N]" >&2; exit 2 ;;
esac

. tests/benches/models.sh
peers=target/bench-peers/python
cargo build --release --locked --quiet -p tiebreak-tests --bin bench-engine
for type in q8_0 q4_0; do random_model "$type" >/dev/null; done
if [ -z "${PYTHON:-}" ]; then
  PYTHON=$peers/bin/python
  if ! "$PYTHON" -c 'import llama_cpp' 2>/dev/null; then
    echo "building llama.cpp (once)" >&2
    # Hugging Face's libraries are measured where they are installed already.
    python3 -m venv --system-site-packages "$peers"
    "$PYTHON" -m pip install --quiet "$package"
  fi
fi
grep -m1 'model name' /proc/cpuinfo 2>/dev/null | sed 's/.*: /processor: /' >&2 || true
echo "processors: $(nproc); load: $(cut -d' ' -f1 /proc/loadavg), and above 0.5 the figures say little" >&2
exec "$PYTHON" tests/benches/native.py --rounds "$rounds" --threads "$(nproc)" \
  --engine "$target/release/bench-engine" --shipped web/model/*.gguf --models "$models"
