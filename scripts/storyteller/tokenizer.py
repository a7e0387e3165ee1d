"""A byte-level pair encoding: any text has an encoding, and every encoding decodes to exactly its text.

Tokens 0 to 255 are bytes, 256 is the end of a text, and token 257 + n is the nth merge: two tokens read as one.
models/reprise/storyteller/tokenizer.ts is the same encoder for the running model.
"""

import re
from collections import Counter

END_OF_TEXT = 256
FIRST_MERGE = 257

# Merges stay within a piece. A bounded piece bounds the work for a text without spaces.
PIECE = re.compile(r' ?[A-Za-z]{1,24}| ?[^A-Za-z \n]{1,24}|\n{1,8}| ')


def merged(tokens, pair, token):
    result = []
    index = 0
    while index < len(tokens):
        if tuple(tokens[index:index + 2]) == pair:
            result.append(token)
            index += 2
        else:
            result.append(tokens[index])
            index += 1
    return result


def learn_merges(texts, count):
    pieces = Counter(piece for text in texts for piece in PIECE.findall(text))
    words = [(list(piece.encode()), frequency) for piece, frequency in pieces.items()]
    merges = []
    while len(merges) < count:
        pairs = Counter()
        for tokens, frequency in words:
            for pair in zip(tokens, tokens[1:]):
                pairs[pair] += frequency
        if not pairs:
            break
        # The smallest pair wins a tie, so that the outcome does not hang on the order of a dictionary.
        best = max(pairs, key=lambda pair: (pairs[pair], -pair[0], -pair[1]))
        merges.append(best)
        token = FIRST_MERGE + len(merges) - 1
        words = [(merged(tokens, best, token), frequency) for tokens, frequency in words]
    return merges


class Tokenizer:
    def __init__(self, merges):
        self.merges = merges
        self.tokens = {pair: FIRST_MERGE + rank for rank, pair in enumerate(merges)}
        self.bytes = [bytes([value]) for value in range(256)] + [b'']
        for left, right in merges:
            self.bytes.append(self.bytes[left] + self.bytes[right])
        self.known_pieces = {}

    @property
    def size(self):
        return FIRST_MERGE + len(self.merges)

    def encode(self, text):
        return [token for piece in PIECE.findall(text) for token in self.encode_piece(piece)]

    def encode_piece(self, piece):
        tokens = self.known_pieces.get(piece)
        if tokens is None:
            tokens = list(piece.encode())
            while True:
                candidates = [self.tokens[pair] for pair in zip(tokens, tokens[1:]) if pair in self.tokens]
                if not candidates:
                    break
                token = min(candidates)
                tokens = merged(tokens, self.merges[token - FIRST_MERGE], token)
            self.known_pieces[piece] = tokens
        return tokens

    def decode(self, tokens):
        return b''.join(self.bytes[token] for token in tokens).decode(errors='replace')

    def save(self, path):
        lines = ',\n'.join(f'    [{left}, {right}]' for left, right in self.merges)
        path.write_text(f'{{\n  "end_of_text": {END_OF_TEXT},\n  "merges": [\n{lines}\n  ]\n}}\n')
