"""Writes the decoder as ONNX, one step with its cache at a time, and compares it with torch.

Weights are stored as float16 and computed in float32: the runtime folds the casts when it loads the graph.

    tokens [S], position [1], past_keys_N and past_values_N [heads, P, head width]
        -> logits [vocabulary] of the last token,
           present_keys_N and present_values_N [heads, min(P + S, WINDOW - 1), head width]
"""

import json
import subprocess
import tempfile
from pathlib import Path
from random import Random

import numpy
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from storyteller import stories
from storyteller.model import HEAD_WIDTH, HEADS, LAYERS, WIDTH, WINDOW, rotary_frequencies
from storyteller.tokenizer import END_OF_TEXT

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent.parent / 'models/reprise/storyteller'
TOLERANCE = 1e-3


class GraphWriter:
    def __init__(self):
        self.nodes = []
        self.initializers = []

    def node(self, operator, *inputs, outputs=1, **attributes):
        name = f'{operator.lower()}_{len(self.nodes)}'
        names = [name] if outputs == 1 else [f'{name}_{index}' for index in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, name=name, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, array):
        name = f'constant_{len(self.initializers)}'
        self.initializers.append(numpy_helper.from_array(numpy.asarray(array), name))
        return name

    def integers(self, *values):
        return self.constant(numpy.array(values, dtype=numpy.int64))

    def weight(self, tensor):
        stored = self.constant(tensor.detach().numpy().astype(numpy.float16))
        return self.node('Cast', stored, to=TensorProto.FLOAT)

    def norm(self, x, module):
        weight, bias = self.weight(module.weight), self.weight(module.bias)
        return self.node('LayerNormalization', x, weight, bias, epsilon=module.eps)

    def linear(self, x, module):
        return self.node('MatMul', x, self.weight(module.weight.T))

    def rename(self, name, wanted):
        self.nodes.append(helper.make_node('Identity', [name], [wanted], name=wanted))


def rotation(graph, length):
    """Cosines and sines [S, head width / 2] of the positions position, position + 1, ..."""
    steps = graph.node('Range', graph.constant(numpy.int64(0)), length, graph.constant(numpy.int64(1)))
    positions = graph.node('Cast', graph.node('Add', steps, 'position'), to=TensorProto.FLOAT)
    frequencies = graph.constant(rotary_frequencies().numpy()[None, :])
    angles = graph.node('Mul', graph.node('Unsqueeze', positions, graph.integers(1)), frequencies)
    return graph.node('Cos', angles), graph.node('Sin', angles)


def attention_mask(graph, length):
    """[S, P + S]: 0 where a token may look, -1e9 ahead of it and beyond its window."""
    past = graph.node('Squeeze', graph.node('Shape', 'past_keys_0', start=1, end=2), graph.integers(0))
    total = graph.node('Add', past, length)
    one = graph.constant(numpy.int64(1))
    looking = graph.node('Unsqueeze', graph.node('Range', past, total, one), graph.integers(1))
    seen = graph.node('Range', graph.constant(numpy.int64(0)), total, one)
    distance = graph.node('Sub', looking, seen)
    ahead = graph.node('Less', distance, graph.integers(0))
    beyond = graph.node('GreaterOrEqual', distance, graph.integers(WINDOW))
    hidden = graph.node('Or', ahead, beyond)
    return graph.node('Where', hidden, graph.constant(numpy.float32(-1e9)), graph.constant(numpy.float32(0)))


def attention(graph, x, layer, index, cosines, sines, mask):
    heads = graph.node('Reshape', graph.linear(x, layer.queries_keys_values), graph.integers(-1, 3 * HEADS, HEAD_WIDTH))
    heads = graph.node('Transpose', heads, perm=[1, 0, 2])
    turning, values = graph.node('Split', heads, graph.integers(2 * HEADS, HEADS), axis=0, outputs=2)
    first, second = graph.node('Split', turning, axis=2, num_outputs=2, outputs=2)
    turned_first = graph.node('Sub', graph.node('Mul', first, cosines), graph.node('Mul', second, sines))
    turned_second = graph.node('Add', graph.node('Mul', first, sines), graph.node('Mul', second, cosines))
    turned = graph.node('Concat', turned_first, turned_second, axis=2)
    queries, keys = graph.node('Split', turned, axis=0, num_outputs=2, outputs=2)

    keys = graph.node('Concat', f'past_keys_{index}', keys, axis=1)
    values = graph.node('Concat', f'past_values_{index}', values, axis=1)
    kept = [graph.integers(1 - WINDOW), graph.integers(2 ** 31), graph.integers(1)]
    graph.rename(graph.node('Slice', keys, *kept), f'present_keys_{index}')
    graph.rename(graph.node('Slice', values, *kept), f'present_values_{index}')

    scale = graph.constant(numpy.float32(HEAD_WIDTH ** -0.5))
    scores = graph.node('MatMul', graph.node('Mul', queries, scale), graph.node('Transpose', keys, perm=[0, 2, 1]))
    attended = graph.node('MatMul', graph.node('Softmax', graph.node('Add', scores, mask), axis=-1), values)
    attended = graph.node('Reshape', graph.node('Transpose', attended, perm=[1, 0, 2]), graph.integers(-1, WIDTH))
    return graph.linear(attended, layer.attention_out)


def decoder_graph(decoder):
    graph = GraphWriter()
    length = graph.node('Squeeze', graph.node('Shape', 'tokens'), graph.integers(0))
    cosines, sines = rotation(graph, length)
    mask = attention_mask(graph, length)
    embedding = graph.weight(decoder.embedding.weight)
    x = graph.node('Gather', embedding, 'tokens')
    for index, layer in enumerate(decoder.layers):
        attended = attention(graph, graph.norm(x, layer.attention_norm), layer, index, cosines, sines, mask)
        x = graph.node('Add', x, attended)
        fed = graph.node('Gelu', graph.linear(graph.norm(x, layer.feed_norm), layer.feed_in))
        x = graph.node('Add', x, graph.linear(fed, layer.feed_out))
    last = graph.node('Slice', x, graph.integers(-1), graph.integers(2 ** 31), graph.integers(0))
    logits = graph.node('Gemm', graph.norm(last, decoder.norm), embedding, transB=1)
    graph.rename(graph.node('Squeeze', logits, graph.integers(0)), 'logits')

    def caches(time, length):
        return [helper.make_tensor_value_info(f'{time}_{part}_{index}', TensorProto.FLOAT, [HEADS, length, HEAD_WIDTH])
                for index in range(LAYERS) for part in ('keys', 'values')]

    return helper.make_graph(
        graph.nodes, 'storyteller',
        inputs=[helper.make_tensor_value_info('tokens', TensorProto.INT64, ['length']),
                helper.make_tensor_value_info('position', TensorProto.INT64, [1]), *caches('past', 'past')],
        outputs=[helper.make_tensor_value_info('logits', TensorProto.FLOAT, [decoder.embedding.num_embeddings]),
                 *caches('present', 'present')],
        initializer=graph.initializers,
    )


def write_package(decoder, tokenizer):
    # What is compared, measured and shipped is one and the same model.
    for parameter in decoder.parameters():
        parameter.data = parameter.data.half().float()
    model = helper.make_model(decoder_graph(decoder), opset_imports=[helper.make_opsetid('', 20)])
    model.ir_version = 9
    PACKAGE.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(PACKAGE / 'decoder.onnx'))
    tokenizer.save(PACKAGE / 'tokenizer.json')


def run_node(script, *arguments):
    command = ['node', str(HERE / script), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def compare_with_torch(decoder, tokenizer):
    """A row longer than the window, its head in one run and the rest token by token, as a prediction does it."""
    random = Random(0)
    tokens = [END_OF_TEXT]
    while len(tokens) < WINDOW + 100:
        tokens += [*tokenizer.encode(stories.tell(random)[1]), END_OF_TEXT]
    with torch.no_grad():
        logits = decoder(torch.tensor([tokens]))[0]
    with tempfile.TemporaryDirectory() as folder:
        expected = Path(folder) / 'expected.json'
        expected.write_text(json.dumps({'tokens': tokens, 'logits': logits.tolist()}))
        difference = float(run_node('compare-logits.ts', str(PACKAGE / 'decoder.onnx'), str(expected)))
    print(f'largest difference between a logit of torch and of onnxruntime: {difference:.1e}')
    assert difference < TOLERANCE


def print_samples(decoder, tokenizer, prompts):
    for prompt in prompts:
        tokens = [END_OF_TEXT, *tokenizer.encode(prompt)]
        given = len(tokens)
        while len(tokens) < given + 300:
            with torch.no_grad():
                logits = decoder(torch.tensor([tokens]))[0, -1]
            best, candidates = (logits / 0.8).topk(20)
            token = candidates[torch.multinomial(best.softmax(dim=-1), 1)].item()
            if token == END_OF_TEXT:
                break
            tokens.append(token)
        print(f'\n--- {prompt!r}\n{tokenizer.decode(tokens[1:])}')
