"""Writes crates/kernels/src/tests/blocks.json: blocks of every format and what the Python package gguf makes of them.

Needs gguf and numpy; run from the repository's root.
"""

import json

import gguf
import numpy as np

random = np.random.default_rng(7)
cases = []
for name in ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"):
    kind = gguf.GGMLQuantizationType[name]
    values, size = gguf.GGML_QUANT_SIZES[kind]
    count = max(64 // values, 1)
    blocks = random.integers(0, 256, (count, size), dtype=np.uint8)
    # Scales are halves, of a size that weights have: the first two numbers, or the last of Q6_K.
    for start in (size - 2,) if name == "Q6_K" else (0, 2) if name in ("Q4_1", "Q5_1", "Q4_K", "Q5_K") else (0,):
        halves = random.normal(0, 0.02, count).astype(np.float16)
        blocks[:, start : start + 2] = halves.view(np.uint8).reshape(count, 2)
    weights = gguf.quants.dequantize(blocks.reshape(1, -1), kind).reshape(-1)
    cases.append({"format": name, "bytes": blocks.tobytes().hex(), "weights": [float(weight) for weight in weights]})

with open("crates/kernels/src/tests/blocks.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
