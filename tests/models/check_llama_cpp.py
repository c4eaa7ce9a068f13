"""Compares each GGUF with what llama.cpp computes from it, as a check of the files themselves.

Needs llama-cpp-python; run from the repository's root.
"""

import ctypes
import json
import sys
from pathlib import Path

import llama_cpp
import numpy

# The half precision of products with F16 weights, and the whole numbers of those with Q8_0.
TOLERANCES = {"f16": 0.03, "q8_0": 0.3}
# Of models with experts by so many times as much: rounding moves the experts' weights too.
WITH_EXPERTS = 2
# Parts of a family that llama.cpp leaves out: windows, for which longer sequences differ.
WITHOUT_WINDOW = ["phi3"]


def logits(model, tokens):
    context_parameters = llama_cpp.llama_context_default_params()
    context_parameters.n_ctx = 512 if len(tokens) > 256 else 256
    context_parameters.n_batch = context_parameters.n_ubatch = 512
    context_parameters.n_threads = 1
    context_parameters.type_k = context_parameters.type_v = llama_cpp.GGML_TYPE_F32
    context_parameters.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
    context = llama_cpp.llama_init_from_model(model, context_parameters)
    batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
    batch.n_tokens = len(tokens)
    for index, token in enumerate(tokens):
        batch.token[index], batch.pos[index], batch.n_seq_id[index] = token, index, 1
        batch.seq_id[index][0], batch.logits[index] = 0, 1
    assert llama_cpp.llama_decode(context, batch) == 0
    count = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    rows = [
        numpy.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(context, index), (count,)).copy()
        for index in range(len(tokens))
    ]
    llama_cpp.llama_free(context)
    return rows


def check(file):
    name, _, kind = file.stem.partition("-q8_0")
    kind = "q8_0" if file.stem.endswith("-q8_0") else "f16"
    expected = json.loads((file.parent / name / "expected.json").read_text())
    model = llama_cpp.llama_model_load_from_file(str(file).encode(), llama_cpp.llama_model_default_params())
    assert model, f"{file} does not load"
    worst = {}
    cases = expected.get(kind) or expected.get("gguf") or expected["sequences"]
    for case in cases + ([expected["long"]] if "long" in expected else []):
        tokens = case["tokens"] + case.get("greedy", [])
        rows = logits(model, tokens)
        wanted = {int(position): row for position, row in case["logits"].items()}
        if "greedy" in case:
            wanted[len(tokens) - 1] = case["logits_behind_greedy"]
        for position, row in wanted.items():
            if name in WITHOUT_WINDOW and position > 7:
                continue
            # A row of the embedding that no token has may be left out of the file.
            row = numpy.array(row)[: len(rows[position])]
            worst[f"{len(case['tokens'])}:{position}"] = float(numpy.abs(rows[position] - row).max())
    print(file.name, {key: round(difference, 5) for key, difference in worst.items()})
    has_experts = "experts_per_tok" in (file.parent / name / "config.json").read_text()
    return max(worst.values()) <= TOLERANCES[kind] * (WITH_EXPERTS if has_experts else 1)


@llama_cpp.llama_log_callback
def quiet(level, text, data):
    if level >= 4:
        print(text.decode(), end="", file=sys.stderr)


llama_cpp.llama_log_set(quiet, ctypes.c_void_p(0))
wrong = [file.name for file in sorted(Path("tests/models").glob("*.gguf")) if not check(file)]
sys.exit(f"too far off: {wrong}" if wrong else 0)
