"""The decoder: a pre-norm transformer with rotary positions.

A token attends to the WINDOW tokens up to itself. The window bounds the cache and the work of a step, so
that a text may be of any length.
"""

import torch
from torch import nn
from torch.nn import functional

WIDTH = 160
LAYERS = 4
HEADS = 5
HEAD_WIDTH = WIDTH // HEADS
WINDOW = 256


def rotary_frequencies():
    return 1000.0 ** (-torch.arange(HEAD_WIDTH // 2) / (HEAD_WIDTH // 2))


def rotated(x, cosines, sines):
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cosines - second * sines, first * sines + second * cosines], dim=-1)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention_norm = nn.LayerNorm(WIDTH)
        self.queries_keys_values = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.attention_out = nn.Linear(WIDTH, WIDTH, bias=False)
        self.feed_norm = nn.LayerNorm(WIDTH)
        self.feed_in = nn.Linear(WIDTH, 4 * WIDTH, bias=False)
        self.feed_out = nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, x, cosines, sines, mask):
        rows, length, _ = x.shape
        heads = self.queries_keys_values(self.attention_norm(x))
        heads = heads.view(rows, length, 3 * HEADS, HEAD_WIDTH).transpose(1, 2)
        queries, keys = rotated(heads[:, :2 * HEADS], cosines, sines).chunk(2, dim=1)
        scores = queries @ keys.transpose(2, 3) * HEAD_WIDTH ** -0.5 + mask
        attended = (scores.softmax(dim=-1) @ heads[:, 2 * HEADS:]).transpose(1, 2).reshape(rows, length, WIDTH)
        x = x + self.attention_out(attended)
        return x + self.feed_out(functional.gelu(self.feed_in(self.feed_norm(x))))


class Decoder(nn.Module):
    def __init__(self, vocabulary_size):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)
        for layer in self.layers:
            for out in (layer.attention_out, layer.feed_out):
                nn.init.normal_(out.weight, std=0.02 / (2 * LAYERS) ** 0.5)

    def forward(self, tokens):
        positions = torch.arange(tokens.shape[1])
        angles = positions[:, None] * rotary_frequencies()
        distance = positions[:, None] - positions
        mask = torch.zeros(distance.shape).masked_fill((distance < 0) | (distance >= WINDOW), -1e9)
        x = self.embedding(tokens)
        for layer in self.layers:
            x = layer(x, angles.cos(), angles.sin(), mask)
        return self.norm(x) @ self.embedding.weight.T
