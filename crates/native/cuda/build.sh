#!/usr/bin/env bash
# Builds `tiebreak` with GPUs: crates/native/cuda/build.sh [more arguments of cargo build, such as --release]
#
# CUDA's compiler is the installed one, or that of PyPI, which is put into the build folder; no GPU and no driver are needed.
# The program starts without NVIDIA's libraries too: see open_late.c.
# Where GPUs are used, it needs the driver, and cuBLAS, cuRAND and NVRTC of the same major version of CUDA.
set -euo pipefail
cd "$(dirname "$0")/../../.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
place=$target/cuda-tools
mkdir -p "$place/lib"

# NVIDIA's own terms hold for what is fetched: it is not part of this project, and what is built of it stays with whoever builds it.
fetch_compiler() {
  python3 -m venv "$place/python"
  "$place/python/bin/python" -m pip install --quiet --no-deps \
    nvidia-cuda-nvcc==13.0.88 nvidia-nvvm==13.0.88 nvidia-cuda-crt==13.0.88 \
    nvidia-cuda-runtime==13.0.96 nvidia-cuda-cccl==13.0.85
}

if command -v "${NVCC:-nvcc}" >/dev/null; then
  NVCC=$(command -v "${NVCC:-nvcc}")
  CUDA_HOME=${CUDA_HOME:-$(dirname "$(dirname "$(realpath "$NVCC")")")}
else
  ls "$place"/python/lib/python3*/site-packages/nvidia/cu13/bin/nvcc >/dev/null 2>&1 || fetch_compiler
  CUDA_HOME=$(echo "$place"/python/lib/python3*/site-packages/nvidia/cu13)
  NVCC=$CUDA_HOME/bin/nvcc
fi
# cudarc asks the `nvcc` of the path for its version.
export NVCC CUDA_HOME PATH="$(dirname "$NVCC"):$PATH"
# Code for every GPU from compute capability 8.0 on, which the driver compiles for the one at hand.
export CUDA_COMPUTE_CAP=${CUDA_COMPUTE_CAP:-80}
export NVCC_APPEND_FLAGS=${NVCC_APPEND_FLAGS--gencode=arch=compute_80,code=compute_80}
major=$("$NVCC" --version | sed -n 's/.*release \([0-9]*\)\..*/\1/p')

# Everything but the program itself; of what is compiled, cudarc names NVIDIA's functions.
compiled=$(cargo build --locked -p tiebreak --lib --features cuda --message-format json "$@")
cudarc=$(sed -n 's/.*"\([^"]*libcudarc-[^"]*\.rlib\)".*/\1/p' <<<"$compiled" | tail -n 1)

open_late() { # open_late NAME FILE CODE PATTERN: a library of that name which opens the file at the first call
  nm --undefined-only "$cudarc" 2>/dev/null | awk '{ print $NF }' | grep -E "^($4)" | sort -u |
    sed 's/.*/FUNCTION(&)/' >"$place/$1.h"
  cc -O2 -fPIC -c crates/native/cuda/open_late.c -o "$place/$1.o" \
    -DSYMBOLS="\"$place/$1.h\"" -DLIBRARY="\"$2\"" -DABSENT="$3"
  rm -f "$place/lib/lib$1.a"
  ar rcs "$place/lib/lib$1.a" "$place/$1.o"
}

# The codes: CUDA_ERROR_NO_DEVICE, CUBLAS_STATUS_NOT_INITIALIZED, CURAND_STATUS_INITIALIZATION_FAILED, NVRTC_ERROR_INTERNAL_ERROR.
open_late cuda libcuda.so.1 100 'cu[A-Z]'
open_late cublas "libcublas.so.$major" 1 'cublas([^L]|L[^t])'
open_late cublasLt "libcublasLt.so.$major" 1 'cublasLt'
open_late curand libcurand.so.10 203 'curand'
open_late nvrtc "libnvrtc.so.$major" 11 'nvrtc'

static=
for folder in lib lib64 targets/x86_64-linux/lib; do
  if [ -f "$CUDA_HOME/$folder/libcudart_static.a" ]; then static=$CUDA_HOME/$folder/libcudart_static.a; fi
done
if [ -z "$static" ]; then
  echo "there is no libcudart_static.a in $CUDA_HOME: install CUDA's runtime for development, or unset NVCC" >&2
  exit 2
fi
ln -sf "$static" "$place/lib/libcudart.a"

# The linker's own variable: flags for rustc would have everything compiled anew.
export LIBRARY_PATH="$place/lib${LIBRARY_PATH:+:$LIBRARY_PATH}"
cargo build --locked -p tiebreak --features cuda "$@"
