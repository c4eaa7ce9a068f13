"""Two thousand texts that tokenizers get wrong: the parts below, joined in ways that do not depend on the machine."""

import random

COUNT = 2000
# In the vocabularies that look for whole words first, and not to be merged from smaller tokens.
WHOLE_WORDS = ["unbuttoning", "Subscriptionists"]
LETTERS = [
    "a", "Z", "word", "Word", "WORD", "wordWord", "HTTPServer", "iPhone", "plums", "Plums", "refund", *WHOLE_WORDS,
    "délivré", "cafe\u0301", "Ångström", "A\u030angstro\u0308m", "İstanbul", "ıi", "ǅungla", "ǈ", "ʼn", "ﬁne", "ŉ",
    "ß", "ẞ", "Straße", "ΑΒγδ", "ςσ", "Привет", "ЖЁЛТЫЙ", "שלום", "שָׁלוֹם", "مرحبا", "مَرْحَبًا", "لا", "हिन्दी",
    "क्षत्रिय", "தமிழ்", "ไทยคำ", "ພາສາ", "ខ្មែរ", "日本語", "カタカナ", "ひらがな", "ｶﾀｶﾅ", "漢字", "中文退货", "𠜎𠜱", "한국어",
    "\u1112\u1161\u11ab", "ტფილისი", "Հայ", "ᏣᎳᎩ", "𝕳𝖊𝖑𝖑𝖔", "𐍈𐌰", "ªº", "ℵℝ", "ꙮ", "ʰʷ", "Ⓐⓑ", "ᾳ", "ᾈ",
]
NUMBERS = [
    "0", "7", "12", "123", "1234", "12345", "1234567", "3.14", "1,234.56", "-5", "1e-9", "0x41", "١٢٣", "१२३", "๑๒",
    "½", "²³", "Ⅳ", "①②", "一二三", "１２３", "𝟙𝟚", "2026-11-30", "12:30", "50%", "$9.99", "€5", "№42", "٣٫٥",
]
CONTRACTIONS = [
    "'s", "'S", "'t", "'T", "'re", "'Re", "'RE", "'ve", "'Ve", "'m", "'M", "'ll", "'LL", "'lL", "'d", "'D", "'x", "'",
    "''", "’s", "’ll", "'ſ", "'ſt", "'K", "'re-", "n't", "N'T", "'d've", "'tis",
]
MARKS = [
    ".", ",", "!", "?!", "...", "…", "-", "--", "–", "—", "=====", "/", "//", "\\", "#", "@", "&&", "||", "|||", "*",
    "**", "_", "__", "~", "^", "`", "```", "'''", '"', "“”", "«»", "„", "。", "、", "！？", "「」", "·", "•", "→", "≈", "±",
    "©", "™", "(", ")", "[]", "{}", "{{", "}}", "{%", "%}", "<", ">", "</", "/>", "<>", "¿", "؟", "،", "।", "๚",
    "\u0301", "\u20e3", "z\u035b\u0323", "a\u0334l\u0321", "\u093f", "\u0e33",
]
EMOJI = [
    "😀", "👍🏽", "👩‍👩‍👧‍👦", "🇩🇪", "🇩", "❤️", "❤", "☺︎", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "1️⃣", "🧑🏿‍🚀", "👨‍💻", "🫠", "🤷🏻‍♀️", "♾️",
]
SPACES = [
    " ", "  ", "   ", "    ", "       ", " " * 13, " " * 40, "\t", "\t\t", "\t\t\t\t\t\t", " \t ", "\n", "\n\n",
    "\n\n\n", "\n" * 9, "\r", "\r\n", "\r\n\r\n", "\n\r", " \n", "\n ", "  \n  ", " \r\n\t", "\u00a0", "\u00a0\u00a0",
    "\u2003", "\u3000", "\u2028", "\u2029", "\u0085", "\u000b", "\u000c", "\u200b", "\ufeff", "\u00ad", "\u180e",
    "\u202f", " \u00a0 ", "\u2009\n",
]
CONTROL = [
    "\u0000", "\u0001", "\u001f", "\u007f", "\u0080", "\u200d", "\u200e", "\u202e", "\u2066", "\ufffd", "\ufffe",
    "\ufdd0", "\U0010ffff", "\ue000",
]
NAMES = [
    "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|begin_of_text|>", "<|end|>", "<|user|>", "<s>",
    "</s>", "<unk>", "<pad>", "<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>", "[INST]", "[/INST]", "<0x41>",
    "<0x0A>", "<0xFF>", "<|start_of_role|>", "<|end_of_text|>", "<repo_name>", "<|im_end", "im_end|>", "<|", "|>",
    "<s", "s>", "▁", "▁▁", "▁the", "Ġ", "Ġthe", "Ċ", "Â", "<<SYS>>", "<|reserved_special_token_0|>",
]
ADDED = [
    "<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "<code>", "</code>", "<mask>",
    "[multimodal]", "<unused0>", "<unused3>", "<table>", "</table>", "<td>", "<h1>", "<strong>", "|||IP_ADDRESS|||",
    "<|fim_prefix|>", "<|tool|>", "<THINK>", "< think >", "<think", "think>",
]
CODE = [
    "for (int i = 0; i < 10; ++i) {\n    printf(\"%d\\n\", i);\n}", "def f(x):\n\treturn x ** 2  # square\n",
    "<a href=\"x.html\">&nbsp;</a>", "SELECT * FROM t WHERE a='b';", "x => x?.y ?? z", "{\"key\": [1, 2.0, null]}",
    "https://example.com/a?b=c&d=%20#e", "user@example.com", "C:\\dir\\file.txt", "--flag=value", "snake_case_word",
    "kebab-case-word", "camelCaseWord", "#include <stdio.h>\r\n", "\\frac{1}{2}", "$HOME/.config", "a/b/c\n",
    "://\n\n/",
]
SENTENCES = [
    "My order, where is it right now?", "I'm sure they'd say we've paid, and it's true.",
    "WHERE'S MY REFUND?? I'VE WAITED 3 WEEKS!!!", "  leading and trailing  ", "Ich möchte die Schuhe zurückgeben.",
    "¿Dónde está mi pedido n.º 42?", "Où est ma commande ? C'est urgent !", "我想退货，订单号是12345。", "注文番号は１２３です。",
    "أين طلبي رقم ١٢٣؟", "Где мой заказ №42?", "मेरा ऑर्डर कहाँ है?", "반품하고 싶어요!", "ผมต้องการคืนสินค้า",
    "The total is 1,234.56 EUR (incl. 19% VAT).", "Call +49 (0)30 123456-78.", "On 3/4/26 at 5:06pm; ref. A12-B34.",
]
LONG = [
    "a" * 300, "ab" * 150, "é" * 120, "中" * 100, "😀" * 60, "1" * 100, "=" * 200, " " * 300, "\n" * 100, "a " * 100,
    "aaa" * 30 + "b", "A" * 50 + "a" * 50, "aB" * 60, "\t " * 50, "'s" * 40, "z\u0301" * 60, "\u093f" * 40,
    "<think>" * 20, "12 " * 40, "/\n" * 40,
]
KINDS = [LETTERS, NUMBERS, CONTRACTIONS, MARKS, EMOJI, SPACES, CONTROL, NAMES, ADDED, CODE, SENTENCES]
WEIGHTS = [7, 4, 3, 4, 2, 6, 1, 2, 2, 1, 1]


def texts():
    """Every part alone and between letters, and then random rows of parts, all different."""
    parts = [part for kind in [*KINDS, LONG] for part in kind]
    found = dict.fromkeys(["", *parts])
    for part in [*CONTRACTIONS, *MARKS, *EMOJI, *SPACES, *CONTROL, *NAMES, *ADDED]:
        found.update(dict.fromkeys([f"it{part}s", f" {part} x"]))
    chance = random.Random(7)
    while len(found) < COUNT:
        count = chance.choice([2, 2, 3, 3, 4, 5, 6])
        found["".join(chance.choice(chance.choices(KINDS, WEIGHTS)[0]) for _ in range(count))] = None
    return list(found)[:COUNT]
