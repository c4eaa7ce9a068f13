"""Has llama.cpp's own converter write a folder as GGUF, so that the file is what people's files are.

The converter tells a pre-tokenizer by a hash of the ids that the published vocabulary gives.
Ours gives others, so the name is told.
"""

import sys
from pathlib import Path

llama_cpp, pre, folder, outtype, outfile = sys.argv[1:]
sys.path[:0] = [llama_cpp, str(Path(llama_cpp) / "gguf-py")]

import convert_hf_to_gguf
from conversion import TextModel

TextModel.get_vocab_base_pre = lambda self, tokenizer: pre
written = ["--vocab-only"] if outtype == "vocab" else ["--outtype", outtype]
sys.argv = ["convert", folder, *written, "--outfile", outfile]
convert_hf_to_gguf.main()
