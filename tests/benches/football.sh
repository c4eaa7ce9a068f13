#!/usr/bin/env bash
# football.sh FILE.csv: what half-lives are worth on international football results, foretold forward in time,
# and what `tiebreak drift` would pick. The file's columns are date, home_team,
# away_team, home_score, away_score, ..., neutral; it stays where it is. The last line is one of JSON. It measures; it tests nothing.
set -euo pipefail
if [ $# -ne 1 ]; then
  echo "usage: football.sh FILE.csv" >&2
  exit 2
fi
file=$(realpath -- "$1")
cd "$(dirname "$0")/../.."

cargo build --release --locked --quiet -p tiebreak-tests --bin bench-football
exec "${CARGO_TARGET_DIR:-target}/release/bench-football" "$file"
