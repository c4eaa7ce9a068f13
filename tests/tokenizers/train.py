"""Trains a family's tokenizer on our own texts, small and with the family's exact settings.

A family is made once for its models and once for the tests of tokenizers, which want more tokens.
"""

import io
import json

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from families import FAMILIES
from texts import WHOLE_WORDS

# What SentencePiece has in every model.
BUILT_IN = ("<unk>", "<s>", "</s>", "<pad>", "<eos>", "<bos>")


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
    strips = (
        [name for name in family.specials if name.startswith("<|") or name == "</s>"] if family.strips_right else []
    )
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
