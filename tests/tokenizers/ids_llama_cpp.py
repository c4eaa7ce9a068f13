"""Writes the ids that llama.cpp gives the texts with each `tokenizer.gguf`, where they are not those of `ids.txt`.

Needs llama-cpp-python; run from the repository's root, behind make.py.
"""

import json
from pathlib import Path

import llama_cpp

from ids import read

HERE = Path("tests/tokenizers")
# What is read from GGUF as the makers do it: llama.cpp brings no text into normal form C, and cuts words with other
# patterns than the published ones, which know no combining marks and no letters beside a-z in their cases.
MAKERS_WAY = ["gpt4o", "qwen2", "tekken"]


def load(file):
    parameters = llama_cpp.llama_model_default_params()
    parameters.vocab_only = True
    model = llama_cpp.llama_model_load_from_file(str(file).encode(), parameters)
    return llama_cpp.llama_model_get_vocab(model)


def encode(vocabulary, text, special=False):
    data = text.encode()
    ids = (llama_cpp.llama_token * (4 * len(data) + 16))()
    count = llama_cpp.llama_tokenize(vocabulary, data, len(data), ids, len(ids), False, special)
    assert count >= 0
    return list(ids[:count])


texts = json.loads((HERE / "texts.json").read_text())
for folder in sorted(path.parent for path in HERE.glob("*/tokenizer.gguf")):
    vocabulary = load(folder / "tokenizer.gguf")
    expected = [read(line) for line in (folder / "ids.txt").read_text().split("\n")]
    found = {index: encode(vocabulary, text) for index, text in enumerate(texts)}
    others = {index: ids for index, ids in found.items() if ids != expected[index]}
    print(folder.name, len(others), "of", len(texts), "differ")
    if folder.name in MAKERS_WAY or not others:
        continue
    lines = [f'"{index}": {ids}' for index, ids in others.items()]
    (folder / "llama_cpp.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
