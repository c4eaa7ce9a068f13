"""Writes crates/kernels/src/tests/blocks.json: blocks of every format and what the Python package gguf makes of them.

Needs gguf and numpy; run from the repository's root.
"""

import json

import gguf
import numpy as np

# Where scales and minimums in half precision begin, which are to be of a size that weights have.
halves_at = {
    "Q4_1": (0, 2),
    "Q5_1": (0, 2),
    "Q2_K": (80, 82),
    "Q3_K": (108,),
    "Q4_K": (0, 2),
    "Q5_K": (0, 2),
    "Q6_K": (208,),
}
random = np.random.default_rng(7)
cases = []
# The last two came later, and leave the others' random numbers as they were.
for name in ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K", "Q2_K", "Q3_K"):
    kind = gguf.GGMLQuantizationType[name]
    values, size = gguf.GGML_QUANT_SIZES[kind]
    count = max(64 // values, 1)
    blocks = random.integers(0, 256, (count, size), dtype=np.uint8)
    for start in halves_at.get(name, (0,)):
        halves = random.normal(0, 0.02, count).astype(np.float16)
        blocks[:, start : start + 2] = halves.view(np.uint8).reshape(count, 2)
    weights = gguf.quants.dequantize(blocks.reshape(1, -1), kind).reshape(-1)
    cases.append({"format": name, "bytes": blocks.tobytes().hex(), "weights": [float(weight) for weight in weights]})

with open("crates/kernels/src/tests/blocks.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
