# Sourced by benches: random weights in SmolLM2-135M's shape, written once; BENCH_MODELS names another folder for them.

target=${CARGO_TARGET_DIR:-target}
models=${BENCH_MODELS:-target/bench-models}

# random_model TYPE: prints the path of the file with weights of this type.
random_model() {
  local model="$models/random-smollm2-135m-$1.gguf"
  if [ ! -s "$model" ]; then
    mkdir -p "$models"
    cargo build --release --locked --quiet -p tiebreak-tests --bin random-model
    echo "writing $model" >&2
    "$target/release/random-model" smollm2-135m "$1" "$model.part"
    mv "$model.part" "$model"
  fi
  echo "$model"
}
