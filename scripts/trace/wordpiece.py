"""The uncased WordPiece tokenizer of BERT, from its vocab.txt."""
from __future__ import annotations

import unicodedata
from pathlib import Path

LONGEST_WORD = 100


def is_punctuation(letter: str) -> bool:
    code = ord(letter)
    ascii_symbol = 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
    return ascii_symbol or unicodedata.category(letter).startswith("P")


def is_ideograph(letter: str) -> bool:
    code = ord(letter)
    ranges = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B81F), (0x2B820, 0x2CEAF), (0xF900, 0xFAFF),
              (0x2F800, 0x2FA1F))
    return any(low <= code <= high for low, high in ranges)


def words_of(text: str) -> list[str]:
    """Lower case, no accents, no control characters; punctuation and ideographs stand alone."""
    out = []
    for letter in unicodedata.normalize("NFD", text.lower()):
        kind = unicodedata.category(letter)
        if letter.isspace() or kind == "Zs":
            out.append(" ")
        elif kind == "Mn" or kind.startswith("C") or letter == "\ufffd":
            continue
        elif is_punctuation(letter) or is_ideograph(letter):
            out.append(f" {letter} ")
        else:
            out.append(letter)
    return "".join(out).split()


class WordPiece:
    def __init__(self, vocabulary: Path) -> None:
        tokens = vocabulary.read_text(encoding="utf-8").split("\n")
        self.ids = {token: i for i, token in enumerate(tokens) if token}

    def pieces(self, word: str) -> list[str]:
        """The longest known prefix, again and again; one [UNK] where that leaves a rest."""
        if len(word) > LONGEST_WORD:
            return ["[UNK]"]
        found, start = [], 0
        while start < len(word):
            mark = "##" if start else ""
            end = next((e for e in range(len(word), start, -1) if mark + word[start:e] in self.ids), None)
            if end is None:
                return ["[UNK]"]
            found.append(mark + word[start:end])
            start = end
        return found

    def encode(self, text: str) -> list[int]:
        tokens = ["[CLS]", *(piece for word in words_of(text) for piece in self.pieces(word)), "[SEP]"]
        return [self.ids[token] for token in tokens]
