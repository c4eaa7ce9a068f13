"""Lists of ids in files: two digits of base 36 for each, and nothing between them."""

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def spell(ids):
    """The ids as one word; all are below 1296."""
    return "".join(DIGITS[index // 36] + DIGITS[index % 36] for index in ids)


def read(word):
    """The ids that `spell` wrote."""
    return [int(word[index : index + 2], 36) for index in range(0, len(word), 2)]
