"""One round of llama.cpp's figures for native.sh: llama.py FILE THREADS LOGITS KEEPS prints one line of JSON.

KEEPS is "one" where all sequences' keys and values lie in one buffer, and "each" where every sequence has its own.
Nothing is sampled: the next tokens are given.
"""

import ctypes
import json
import sys
import time

import llama_cpp
import numpy

PREFILL, COMPARED, STEPS = 512, 40, 16
CONTEXTS = [(128, 64), (384, 256)]
path, threads, logits_path, keeps = sys.argv[1:]

llama_cpp.llama_backend_init()
silent = llama_cpp.llama_log_callback(lambda *_: None)
llama_cpp.llama_log_set(silent, ctypes.c_void_p())
model = llama_cpp.llama_model_load_from_file(path.encode(), llama_cpp.llama_model_default_params())
vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))


def tokens(n):
    return [(i * 7919 + 31) % vocabulary for i in range(n)]


class Context:
    """Sequences 0 to n - 1, of at most `length` tokens each."""

    def __init__(self, n, length):
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx, parameters.n_seq_max = n * length, n
        parameters.n_batch, parameters.n_ubatch = 2048, 512
        parameters.n_threads = parameters.n_threads_batch = int(threads)
        parameters.kv_unified = keeps == "one"
        self.context = llama_cpp.llama_init_from_model(model, parameters)
        self.batch = llama_cpp.llama_batch_init(2048, 0, n)

    def read(self, rows, last_only):
        """Reads rows of (sequence, position, token)."""
        self.batch.n_tokens = len(rows)
        for i, (sequence, position, token) in enumerate(rows):
            self.batch.token[i], self.batch.pos[i] = token, position
            self.batch.n_seq_id[i], self.batch.seq_id[i][0] = 1, sequence
            self.batch.logits[i] = not last_only or i + 1 == len(rows)
        if llama_cpp.llama_decode(self.context, self.batch) != 0:
            sys.exit("llama_decode failed")
        llama_cpp.llama_synchronize(self.context)

    def close(self):
        llama_cpp.llama_batch_free(self.batch)
        llama_cpp.llama_free(self.context)


def in_sequence(sequence, start, given):
    return [(sequence, start + i, token) for i, token in enumerate(given)]


def logits():
    context = Context(1, 64)
    context.read(in_sequence(0, 0, tokens(COMPARED)), True)
    found = llama_cpp.llama_get_logits_ith(context.context, COMPARED - 1)
    numpy.ctypeslib.as_array(found, (vocabulary,)).astype("<f4").tofile(logits_path)
    context.close()


def prefill():
    context = Context(1, PREFILL)
    started = time.perf_counter()
    context.read(in_sequence(0, 0, tokens(PREFILL)), True)
    rate = PREFILL / (time.perf_counter() - started)
    context.close()
    return rate


def decode(n, length, shared):
    context = Context(n, length + STEPS)
    context.read(in_sequence(0, 0, tokens(shared)), True)
    memory = llama_cpp.llama_get_memory(context.context)
    for sequence in range(1, n):
        llama_cpp.llama_memory_seq_cp(memory, 0, sequence, -1, -1)
    own = length - shared - STEPS // 2
    for sequence in range(n):
        context.read(in_sequence(sequence, shared, tokens(own)), True)
    started = time.perf_counter()
    for step in range(STEPS):
        rows = [(sequence, shared + own + step, (step * n + sequence) % vocabulary) for sequence in range(n)]
        context.read(rows, False)
    rate = n * STEPS / (time.perf_counter() - started)
    context.close()
    return rate


logits()
figures = {"prefill": prefill()}
for length, shared in CONTEXTS:
    for n in [1, 8, 32]:
        figures[f"decode_{n}_rows_at_{length}"] = decode(n, length, shared)
print(json.dumps(figures))
