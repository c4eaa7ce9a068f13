#!/usr/bin/env bash
# What merge, agreement, drift with its choice of weights, and export cost for ten thousand, a hundred thousand and a million votes:
# seconds and the most resident memory of each command, with five votes a pair, 500 annotators and two years.
# Then Dawid-Skene with 20 steps on the million's labels, beside crowd-kit's on the same ones where Python has it
# (pip install crowd-kit; PYTHON names another Python). The last line is one of JSON. It measures; it tests nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C

cargo build --release --locked --quiet -p tiebreak -p tiebreak-tests --bin tiebreak --bin bench-votes
target=$(realpath "${CARGO_TARGET_DIR:-target}")/release
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

measure() { # measure NAME COMMAND...: runs a command; sets seconds and mib
  local name=$1 started pid status=0 peak=0 now
  shift
  started=$(date +%s%N)
  "$target/tiebreak" "$@" >output.txt 2>errors.txt &
  pid=$!
  while now=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status" 2>/dev/null) && [ -n "$now" ]; do
    peak=$now
    sleep 0.02
  done
  wait "$pid" || status=$?
  # 1 says that something is to be looked at, such as a vote on an unknown pair.
  if [ "$status" -gt 1 ]; then
    cat errors.txt >&2
    exit "$status"
  fi
  seconds=$(awk -v ns=$(($(date +%s%N) - started)) 'BEGIN { printf "%.2f", ns / 1e9 }')
  mib=$(awk -v kib="$peak" 'BEGIN { printf "%.0f", kib / 1024 }')
  printf '  %-10s %8s s  %6s MiB\n' "$name" "$seconds" "$mib" >&2
}

echo "processors: $(nproc); load: $(cut -d' ' -f1 /proc/loadavg), and above the processors' number the times say nothing" >&2
sizes=''
for votes in 10000 100000 1000000; do
  "$target/bench-votes" make $((votes / 5)) "$votes" 500 .
  echo "$votes votes on $((votes / 5)) pairs" >&2
  total=0 most=0 steps=''
  for step in merge agreement drift export; do
    case $step in
    merge) arguments=(--in votes.jsonl --samples samples.jsonl --out merged.jsonl --force) ;;
    agreement) arguments=(--samples samples.jsonl --votes merged.jsonl --out agreement.json --force) ;;
    drift) arguments=(--samples samples.jsonl --votes merged.jsonl --weights weights.jsonl --force) ;;
    export) arguments=(--samples samples.jsonl --votes merged.jsonl --weights weights.jsonl --out preferences.jsonl --force) ;;
    esac
    measure "$step" "$step" "${arguments[@]}"
    total=$(awk -v a="$total" -v b="$seconds" 'BEGIN { print a + b }')
    if [ "$mib" -gt "$most" ]; then most=$mib; fi
    steps+="\"${step}_seconds\":$seconds,\"${step}_mib\":$mib,"
  done
  printf '  %-10s %8s s  %6s MiB at most\n' all "$total" "$most" >&2
  sizes+="${sizes:+,}{\"votes\":$votes,$steps\"seconds\":$total,\"most_mib\":$most}"
done

ours=$("$target/bench-votes" dawid-skene .)
echo "Dawid-Skene, $(($(wc -l <labels.csv) - 1)) labels of two classes, 20 steps: $ours s" >&2
python=${PYTHON:-python3}
theirs=null
if "$python" -c 'import crowdkit' 2>/dev/null; then
  theirs=$("$python" - <<'PYTHON'
import time
import pandas
from crowdkit.aggregation import DawidSkene

labels = pandas.read_csv("labels.csv")

def seconds():
    started = time.perf_counter()
    DawidSkene(n_iter=20, tol=-1).fit(labels)
    return time.perf_counter() - started

print(f"{min(seconds() for _ in range(5)):.4f}")
PYTHON
  )
  echo "crowd-kit $("$python" -c 'from importlib.metadata import version; print(version("crowd-kit"))') on the same labels: $theirs s, $(awk -v a="$theirs" -v b="$ours" 'BEGIN { printf "%.1f", a / b }') times as long" >&2
else
  echo "crowd-kit was not measured: $python has none" >&2
fi
echo "{\"sizes\":[$sizes],\"dawid_skene_seconds\":$ours,\"crowd_kit_seconds\":$theirs}"
