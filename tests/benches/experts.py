"""Writes the model of experts.sh where it is not there, and takes turns between the engine and llama.cpp.

experts.py ENGINE VOCABULARY.gguf MODEL.gguf ROUNDS THREADS
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import gguf
import numpy

LAYERS, WIDTH, EXPERTS, USED, FORWARD, HEADS, KEYS, HEAD = 8, 1024, 64, 8, 384, 16, 2, 128
Q8_0 = gguf.GGMLQuantizationType.Q8_0
here = pathlib.Path(__file__).parent


def write(path, vocabulary):
    """Random weights of qwen3moe, with the tokens of another file."""
    read = gguf.GGUFReader(vocabulary)
    writer = gguf.GGUFWriter(path, "qwen3moe")
    for name, field in read.fields.items():
        if name.startswith("tokenizer."):
            kind = field.types[0]
            inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(name, field.contents(), kind, inner)
    writer.add_context_length(4096)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(3 * WIDTH)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEYS)
    writer.add_key_length(HEAD)
    writer.add_value_length(HEAD)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e6)
    writer.add_expert_count(EXPERTS)
    writer.add_expert_used_count(USED)
    writer.add_expert_feed_forward_length(FORWARD)
    random = numpy.random.default_rng(1)

    def matrix(name, *shape, kind=Q8_0):
        weights = random.standard_normal(shape, dtype=numpy.float32) / numpy.float32(shape[-1] ** 0.5)
        data = gguf.quants.quantize(weights, kind) if kind else weights
        writer.add_tensor(name, data, raw_dtype=kind)

    def norm(name, width):
        writer.add_tensor(name, numpy.ones(width, dtype=numpy.float32))

    matrix("token_embd.weight", len(read.fields["tokenizer.ggml.tokens"].data), WIDTH)
    norm("output_norm.weight", WIDTH)
    for layer in range(LAYERS):
        name = f"blk.{layer}."
        for part, width in [("attn_norm", WIDTH), ("ffn_norm", WIDTH), ("attn_q_norm", HEAD), ("attn_k_norm", HEAD)]:
            norm(f"{name}{part}.weight", width)
        matrix(f"{name}attn_q.weight", HEADS * HEAD, WIDTH)
        matrix(f"{name}attn_k.weight", KEYS * HEAD, WIDTH)
        matrix(f"{name}attn_v.weight", KEYS * HEAD, WIDTH)
        matrix(f"{name}attn_output.weight", WIDTH, HEADS * HEAD)
        matrix(f"{name}ffn_gate_inp.weight", EXPERTS, WIDTH, kind=None)
        matrix(f"{name}ffn_gate_exps.weight", EXPERTS, FORWARD, WIDTH)
        matrix(f"{name}ffn_up_exps.weight", EXPERTS, FORWARD, WIDTH)
        matrix(f"{name}ffn_down_exps.weight", EXPERTS, WIDTH, FORWARD)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def printed(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def main():
    engine, vocabulary, model, rounds, threads = sys.argv[1:]
    if not pathlib.Path(model).exists():
        print(f"writing {model}", file=sys.stderr)
        write(f"{model}.part", vocabulary)
        os.replace(f"{model}.part", model)
    os.environ["RAYON_NUM_THREADS"] = threads
    ours, theirs = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        logits = [pathlib.Path(folder, name) for name in ["own", "other"]]
        for number in range(int(rounds)):
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
            peer = [sys.executable, here / "llama.py", model, threads, logits[1], "each"]
            for rates, command in [(ours, [engine, "--round", model, logits[0]]), (theirs, peer)]:
                for figure, rate in printed(command).items():
                    rates.setdefault(figure, []).append(rate)
        own, other = (numpy.fromfile(path, "<f4").astype(float) for path in logits)
    own, other = own - own.mean(), other - other.mean()
    summary = {"rounds": int(rounds), "squares_apart": float(((own - other) ** 2).sum() / (other**2).sum())}
    print(f"tokens a second, medians of {rounds} rounds\n{'':24}{'ours':>10}{'llama.cpp':>12}{'ratio':>8}")
    for figure, rates in ours.items():
        own, other = statistics.median(rates), statistics.median(theirs[figure])
        print(f"{figure:24}{own:10.1f}{other:12.1f}{own / other:8.2f}")
        summary[figure] = [round(own, 1), round(other, 1)]
    print(json.dumps(summary))


main()
