"""Loads folders with a card by `datasets.load_dataset`, as a trainer does.

    load.py FOLDER...
"""

import sys

from datasets import load_dataset


def check(folder):
    loaded = load_dataset(folder)
    assert set(loaded) == {"train", "test"}, f"{folder}: parts {sorted(loaded)}"
    for part, rows in loaded.items():
        assert len(rows) > 0, f"{folder}: {part} is empty"
        assert set(rows.column_names) == set(loaded["train"].column_names), f"{folder}: columns of {part} differ"
    # Fields that no row has are declared, so that a later one may have them.
    origin = loaded["train"].features.get("origin", {"category": None, "epoch": None})
    assert {"category", "epoch"} <= set(origin), f"{folder}: origin has {sorted(origin)}"
    counts = ", ".join(f"{part} {len(rows)} rows" for part, rows in sorted(loaded.items()))
    print(f"{folder}: {counts}; columns {', '.join(loaded['train'].column_names)}")


for folder in sys.argv[1:]:
    check(folder)
