#!/usr/bin/env bash
# What a program built with GPUs does where there is none: tests/cuda.sh PROGRAM
#
# No part of check.sh: CUDA's kernels take minutes to compile. Build by crates/native/cuda/build.sh.
set -uo pipefail
program=$(realpath "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 2
if command -v nvidia-smi >/dev/null && nvidia-smi --list-gpus | grep -q GPU; then
  echo "there is a GPU here: these checks are for machines without one" >&2
  exit 2
fi
printf 'Where is my order?\nI was charged twice.\n' >prompts.txt
failed=0

check() { # check WHAT EXIT-CODE PATTERN COMMAND...: a command ends so, and says that; an empty pattern: nothing
  local what=$1 code=$2 pattern=$3 found
  shift 3
  "$@" >said 2>&1
  found=$?
  if [ "$found" = "$code" ] && { [ -z "$pattern" ] || grep -qE -e "$pattern" said; }; then
    echo "ok: $what"
  else
    echo "FAILED: $what: exit code $found, expected $code and /$pattern/; it said:"
    cat said
    failed=1
  fi
}

generate() { # generate DEVICE: as few tokens as will show it
  "$program" generate --model builtin --prompts prompts.txt --responses 2 --max-tokens 12 --device "$1" --out "$2" "${@:3}"
}

without_time() { # without_time FILE: its lines without the time at which they were made
  sed 's/"created_at":"[^"]*"//g' "$1"
}

same_samples() {
  cmp <(without_time cpu.jsonl) <(without_time auto.jsonl) && cmp cpu.jsonl.run.json auto.jsonl.run.json
}

silent_auto() {
  generate auto quiet.jsonl --quiet && ! grep -q 'the processor computes' said
}

check "it starts" 0 '^tiebreak ' "$program" --version
check "it samples on the processor" 0 '' generate cpu cpu.jsonl
check "where it may choose, it says that the processor computes" 0 'the processor computes, because no GPU can be used' generate auto auto.jsonl
check "and samples the same" 0 '' same_samples
check "it does not say so where it is to be quiet" 0 '' silent_auto
check "a GPU that is not there is an error" 2 '--device cuda:0: this GPU cannot be used' generate cuda:0 gpu.jsonl
check "which leaves no file" 1 '' test -e gpu.jsonl
check "so is a device that there is not" 2 'expected auto, cpu, or cuda:0' generate cuda gpu.jsonl
exit $failed
