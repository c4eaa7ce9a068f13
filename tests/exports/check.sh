#!/usr/bin/env bash
# Exports samples.jsonl and votes.jsonl in every format and reads them back by readers that share no code with the program.
#
#   bash tests/exports/check.sh BINARY [--load PYTHON [--parquet]]
#
# --load reads folders with a card too, by the library `datasets` of that Python.
# --parquet compares them with the same rows in Parquet files, which a program writes that is built with that feature.
set -euo pipefail
cd "$(dirname "$0")"
binary=$1
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

export_to() { # export_to OUT ARGUMENTS...
  local out=$1
  shift
  "$binary" export --samples samples.jsonl --votes votes.jsonl --out "$folder/$out" "$@" 2>"$folder/log" || {
    cat "$folder/log"
    return 1
  }
}

python3 rules.py --self-test
for format in trl-dpo trl-kto trl-reward openrlhf axolotl nemo-rl; do
  export_to "$format.jsonl" --format "$format"
  python3 rules.py "$format" "$folder/$format.jsonl"
done
for format in llama-factory argilla label-studio; do
  export_to "$format" --format "$format"
  python3 rules.py "$format" "$folder/$format"
done
if [ "${2:-}" = --load ]; then
  cards=()
  for format in trl-dpo trl-kto trl-reward openrlhf axolotl nemo-rl llama-factory; do
    export_to "card-$format" --format "$format" --card --license cc0-1.0 --language en --test-share 0.3
    cards+=("$folder/card-$format")
  done
  export HF_HOME=$folder/cache HF_HUB_OFFLINE=1 HF_DATASETS_DISABLE_PROGRESS_BARS=1
  "$3" load.py "${cards[@]}"
  if [ "${4:-}" = --parquet ]; then
    for format in trl-dpo trl-kto trl-reward openrlhf axolotl nemo-rl; do
      export_to "parquet-$format" --format "$format" --card --test-share 0.3 --file-format parquet
      "$3" load.py --same "$folder/card-$format" "$folder/parquet-$format"
    done
  fi
fi
