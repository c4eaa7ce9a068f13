"""The tokenizers of the families that people use, trained small on our own texts with each family's exact settings.

A family is made once for its models and once for the tests of tokenizers, which want more tokens.
"""

import io
import json
from dataclasses import dataclass, field

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from texts import WHOLE_WORDS

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
# What SentencePiece has in every model.
BUILT_IN = ("<unk>", "<s>", "</s>", "<pad>", "<eos>", "<bos>")
UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
CL100K = rf"{CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{SPACES}"
QWEN2 = CL100K.replace("{1,3}", "")
TEKKEN = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*"
    rf"|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{SPACES}"
)
O200K = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{CONTRACTIONS}?|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{CONTRACTIONS}?"
    rf"|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{SPACES}"
)


@dataclass
class Family:
    """What makes a family's tokenizer its own; `pre` is the name under which llama.cpp knows it."""

    pre: str
    specials: list
    bos: str | None = None
    eos: str = ""
    adds_bos: bool = False
    # Added tokens that are not special: part of a person's text.
    plain: list = field(default_factory=list)
    pattern: str | None = None
    digits_apart: bool = False
    normal_form: bool = False
    ignore_merges: bool = False
    invert: bool = False
    # SentencePiece only: "legacy", "metaspace" or "gemma".
    sentencepiece: str | None = None
    strips_right: bool = False
    last: bool = True


def names(pattern, *values):
    return [pattern.format(value) for value in values]


FAMILIES = {
    "gpt2": Family(
        "gpt-2", ["<|endoftext|>"], bos="<|endoftext|>", eos="<|endoftext|>",
        plain=[" " * count for count in range(12, 1, -1)] + ["\t" * count for count in range(5, 1, -1)],
    ),
    "smollm": Family(
        "smollm",
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>", "<file_sep>", "<gh_stars>", "<empty_output>"],
        bos="<|im_start|>", eos="<|im_end|>", digits_apart=True, last=False,
    ),
    "llama3": Family(
        "llama-bpe",
        ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|python_tag|>"],
        bos="<|begin_of_text|>", eos="<|eot_id|>", adds_bos=True, pattern=CL100K, ignore_merges=True,
    ),
    "smollm3": Family(
        "smaug-bpe",
        ["<|begin_of_text|>", "<|end_of_text|>", "<|im_start|>", "<|im_end|>"],
        bos="<|begin_of_text|>", eos="<|im_end|>", pattern=CL100K, ignore_merges=True,
        plain=["<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<code>", "</code>"],
    ),
    "qwen2": Family(
        "qwen2",
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>"],
        eos="<|im_end|>", pattern=QWEN2, normal_form=True,
        plain=["<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|file_sep|>", "<tool_response>", "</tool_response>", "<think>", "</think>"],
    ),
    "tekken": Family(
        "tekken",
        ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_CALLS]", "<pad>"],
        bos="<s>", eos="</s>", adds_bos=True, pattern=TEKKEN, ignore_merges=True, last=False,
    ),
    "gpt4o": Family(
        "gpt-4o",
        ["<|endoftext|>", "<|endofprompt|>", "<|assistant|>", "<|end|>", "<|user|>", "<|system|>"],
        bos="<|endoftext|>", eos="<|end|>", pattern=O200K, invert=True, plain=["<|tool|>", "<|/tool|>"],
    ),
    "cl100k": Family(
        "dbrx",
        ["<|endoftext|>", "<|endofprompt|>", "<|im_start|>", "<|im_end|>", "<|im_sep|>", "<|fim_prefix|>"],
        bos="<|endoftext|>", eos="<|im_end|>", pattern=CL100K, invert=True, plain=["|||IP_ADDRESS|||", "|||EMAIL_ADDRESS|||"],
    ),
    "granite": Family(
        "refact",
        ["<|end_of_text|>", "<fim_prefix>", "<fim_middle>", "<filename>", "<|start_of_role|>", "<|end_of_role|>", "<|tool_call|>"],
        bos="<|end_of_text|>", eos="<|end_of_text|>", digits_apart=True, last=False,
    ),
    "llama2": Family("default", ["<unk>", "<s>", "</s>"], bos="<s>", eos="</s>", adds_bos=True, sentencepiece="legacy"),
    "mistral": Family(
        "default", ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[TOOL_CALLS]"],
        bos="<s>", eos="</s>", adds_bos=True, sentencepiece="metaspace",
    ),
    "phi3": Family(
        "default",
        ["<unk>", "<s>", "</s>", "<|endoftext|>", "<|assistant|>", "<|system|>", "<|end|>", "<|user|>"],
        bos="<s>", eos="<|endoftext|>", sentencepiece="legacy", strips_right=True,
    ),
    "gemma": Family(
        "default",
        ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"],
        bos="<bos>", eos="<eos>", adds_bos=True, sentencepiece="gemma",
        plain=["<mask>", "[multimodal]", *names("<unused{}>", *range(4))]
        + ["\n" * count for count in range(1, 9)] + ["▁" * count for count in range(2, 12)]
        + names("<{}>", "table", "td", "h1", "strong") + names("</{}>", "table", "td", "h1", "strong"),
    ),
}


def build(name, texts, vocab_size):
    """The family's tokenizer with at most `vocab_size` tokens, and its SentencePiece model where it has one."""
    family = FAMILIES[name]
    if family.sentencepiece:
        return sentence_pieces(family, texts, vocab_size)
    return byte_level(family, texts, vocab_size), None


def byte_level(family, texts, vocab_size):
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizer(family)
    count = vocab_size - len(family.specials) - len(family.plain)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trained.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=count, initial_alphabet=alphabet, show_progress=False)
    )
    model = json.loads(trained.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    if family.ignore_merges:
        tokens[-2:] = ["Ġ" + WHOLE_WORDS[0], WHOLE_WORDS[1]]
    listed = tokens if family.last else [*family.specials, *tokens]
    tokenizer = Tokenizer(
        models.BPE(
            {token: index for index, token in enumerate(listed)},
            [tuple(pair) for pair in model["merges"] if "".join(pair) in tokens],
            ignore_merges=family.ignore_merges,
            fuse_unk=False,
        )
    )
    tokenizer.pre_tokenizer = pre_tokenizer(family)
    tokenizer.decoder = decoders.ByteLevel()
    if family.normal_form:
        tokenizer.normalizer = normalizers.NFC()
    add_tokens(tokenizer, family)
    tokenizer.post_processor = post_processor(tokenizer, family)
    return tokenizer


def pre_tokenizer(family):
    if family.pattern is None:
        bytes_alone = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
        digits = pre_tokenizers.Digits(individual_digits=True)
        return pre_tokenizers.Sequence([digits, bytes_alone]) if family.digits_apart else bytes_alone
    behavior = "removed" if family.invert else "isolated"
    split = pre_tokenizers.Split(Regex(family.pattern), behavior=behavior, invert=family.invert)
    return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def post_processor(tokenizer, family):
    bytes_only = processors.ByteLevel(trim_offsets=False)
    if not family.adds_bos:
        return None if family.sentencepiece else bytes_only
    bos = processors.TemplateProcessing(
        single=f"{family.bos} $A",
        pair=f"{family.bos} $A {family.bos} $B",
        special_tokens=[(family.bos, tokenizer.token_to_id(family.bos))],
    )
    return bos if family.sentencepiece else processors.Sequence([bytes_only, bos])


def add_tokens(tokenizer, family):
    strips = [name for name in family.specials if name.startswith("<|") or name == "</s>"] if family.strips_right else []
    strips = [name for name in strips if name != "<|endoftext|>"]
    tokenizer.add_special_tokens(
        [AddedToken(name, normalized=False, special=True, rstrip=name in strips) for name in family.specials]
    )
    # Runs of white space are found after the text was normalised, all others before.
    tokenizer.add_tokens([AddedToken(name, normalized=family.pre == "gpt-2") for name in family.plain])


def sentence_pieces(family, texts, vocab_size):
    gemma = family.sentencepiece == "gemma"
    written = io.BytesIO()
    added = [name for name in family.specials if name not in BUILT_IN]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(line for text in texts for line in text.replace("\0", "").split("\n") if line),
        model_writer=written,
        model_type="bpe",
        vocab_size=vocab_size - (0 if gemma else len(added)),
        character_coverage=0.98,
        byte_fallback=True,
        add_dummy_prefix=not gemma,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        allow_whitespace_only_pieces=True,
        split_digits=True,
        num_threads=1,
        minloglevel=2,
        unk_id=3 if gemma else 0,
        bos_id=2 if gemma else 1,
        eos_id=1 if gemma else 2,
        pad_id=0 if gemma else -1,
        bos_piece="<bos>" if gemma else "<s>",
        eos_piece="<eos>" if gemma else "</s>",
        control_symbols=added if gemma else [],
        user_defined_symbols=family.plain,
    )
    model = sentencepiece.SentencePieceProcessor(model_proto=written.getvalue())
    return from_pieces(family, model), written.getvalue()


def from_pieces(family, model):
    pieces = {model.id_to_piece(index): index for index in range(model.get_piece_size())}
    scores = {piece: model.get_score(index) for piece, index in pieces.items()}
    bpe = models.BPE(pieces, merges(pieces, scores, family), unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    tokenizer = Tokenizer(bpe)
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    if family.sentencepiece == "gemma":
        tokenizer.normalizer = normalizers.Replace(" ", "▁")
        tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", behavior="merged_with_previous")
    elif family.sentencepiece == "legacy":
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False)
    tokenizer.decoder = decoders.Sequence(
        steps if family.sentencepiece == "gemma" else [*steps, decoders.Strip(content=" ", left=1)]
    )
    add_tokens(tokenizer, family)
    tokenizer.post_processor = post_processor(tokenizer, family)
    return tokenizer


def merges(pieces, scores, family):
    """Every way to put a piece together from two others, the best-scored piece first."""
    merged = [piece for piece in pieces if piece not in family.specials and not piece.startswith("<0x")]
    merged.sort(key=lambda piece: -scores[piece])
    found = []
    for piece in merged:
        splits = [(piece[:index], piece[index:]) for index in range(1, len(piece))]
        known = [split for split in splits if split[0] in pieces and split[1] in pieces]
        found += sorted(known, key=lambda split: (pieces[split[0]], pieces[split[1]]))
    return found


def configuration(name, tokenizer):
    """What stands in `tokenizer_config.json`."""
    family = FAMILIES[name]
    added = tokenizer.get_added_tokens_decoder()
    config = {
        "add_bos_token": family.adds_bos,
        "add_eos_token": False,
        "added_tokens_decoder": {str(index): described(token) for index, token in sorted(added.items())},
        "bos_token": family.bos,
        "clean_up_tokenization_spaces": False,
        "eos_token": family.eos,
        "model_max_length": 131072,
        "tokenizer_class": TOKENIZER_CLASSES.get(family.sentencepiece or family.pre, "PreTrainedTokenizerFast"),
        "unk_token": "<unk>" if "<unk>" in family.specials else None,
    }
    if family.sentencepiece == "metaspace":
        config["legacy"] = False
    return config


TOKENIZER_CLASSES = {
    "gemma": "GemmaTokenizer",
    "gpt-4o": "GPT2Tokenizer",
    "legacy": "LlamaTokenizer",
    "metaspace": "LlamaTokenizer",
    "qwen2": "Qwen2Tokenizer",
    "refact": "GPT2Tokenizer",
    "smollm": "GPT2Tokenizer",
}


def described(token):
    return {
        "content": token.content,
        "lstrip": token.lstrip,
        "normalized": token.normalized,
        "rstrip": token.rstrip,
        "single_word": token.single_word,
        "special": token.special,
    }
