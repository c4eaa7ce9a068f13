#!/usr/bin/env bash
# What asking a server costs beside the server's own time, on loopback:
# 1,000 judgments at 20 ms a call, 50 at once, against the ideal 0.4 s (median of 5 runs of the whole command),
# and resident memory over 100,000 judgments that are answered at once. A judgment is one order of a pair.
# The last line is one of JSON. It measures; it tests nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

cargo build --release --locked --quiet -p tiebreak -p tiebreak-tests --bin tiebreak --bin scripted-server
target=${CARGO_TARGET_DIR:-target}/release
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

pairs() { # pairs N: N different samples of two responses
  seq "$1" | awk '{
    printf "{\"schema\": \"tiebreak/sample/1\", \"prompt\": {\"id\": \"%d\", \"messages\": [{\"role\": \"user\", \"content\": \"Where is order %d?\"}]}, ", $1, $1
    print "\"responses\": [{\"id\": \"a\", \"text\": \"It is on its way.\"}, {\"id\": \"b\", \"text\": \"Please log in to see.\"}]}"
  }'
}

start_server() { # start_server DELAY_MS: sets url; it ends when descriptor 9 is closed
  mkfifo "$folder/stdin-$1"
  "$target/scripted-server" "$1" '[[A]]' <"$folder/stdin-$1" >"$folder/url-$1" &
  exec 9>"$folder/stdin-$1"
  until [ -s "$folder/url-$1" ]; do sleep 0.05; done
  url=$(cat "$folder/url-$1")
}

judge() { # judge SAMPLES OUT: two asks for each pair
  exec "$target/tiebreak" judge --endpoint "$url" --model m --template reasoned --samples "$1" --out "$2" --concurrency 50 --quiet
}

median() { sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }

start_server 20
pairs 500 >"$folder/500.jsonl"
for run in 1 2 3 4 5; do
  before=$(date +%s%N)
  (judge "$folder/500.jsonl" "$folder/timed-$run.jsonl") 2>/dev/null
  echo $((($(date +%s%N) - before) / 1000000))
done >"$folder/times"
exec 9>&-
wall_ms=$(median <"$folder/times")
echo "1,000 judgments at 20 ms, 50 at once: $wall_ms ms; the ideal is 400 ms" >&2
echo "processors: $(nproc); load: $(cut -d' ' -f1 /proc/loadavg), and above the processors' number the time says nothing" >&2

start_server 0
pairs 50000 >"$folder/50000.jsonl"
(judge "$folder/50000.jsonl" "$folder/many.jsonl") 2>/dev/null &
pid=$!
while kill -0 "$pid" 2>/dev/null; do
  rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status" 2>/dev/null || true)
  [ -z "$rss" ] || echo "$({ wc -l <"$folder/many.jsonl"; } 2>/dev/null || echo 0) $rss"
  sleep 0.5
done >"$folder/memory"
wait "$pid"
exec 9>&-
rss_at() { # rss_at PAIRS: MiB when so many votes were written
  awk -v at="$1" '$1 >= at { printf "%.1f", $2 / 1024; exit }' "$folder/memory"
}
early=$(rss_at 5000)
late=$(awk '{ rss = $2 } END { printf "%.1f", rss / 1024 }' "$folder/memory")
echo "resident memory: $early MiB after 10,000 of 100,000 judgments, $late MiB at the end" >&2

awk -v wall="$wall_ms" -v early="$early" -v late="$late" 'BEGIN {
  printf "{\"wall_ms\":%d,\"ideal_ms\":400,\"overhead_percent\":%.1f,\"rss_mib_after_10000\":%s,\"rss_mib_after_100000\":%s}\n",
    wall, (wall / 400 - 1) * 100, early, late
}'
