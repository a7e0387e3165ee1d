"""Writes the network as ONNX, and compares it with torch.

    frames [N, 1024] -> pitch [N, 336] probabilities, voiced [N] probability

The matrices of the spectrum are not stored: the graph computes them from the frequencies, once, when it is loaded.
"""

import json
import math
import subprocess
import tempfile
from pathlib import Path

import numpy
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from pitch import tones
from pitch.evaluation import guess
from pitch.model import (FRAME, PITCHES, POWER_FLOOR, QUIET, SAMPLE_RATE, bin_frequencies, harmonic_bins,
                         window_lengths)

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent.parent / 'models/reprise/pitch'
COMPARED_ROWS = 300
CENTS_TOLERANCE = 1
CONFIDENCE_TOLERANCE = 1e-3


class GraphWriter:
    def __init__(self):
        self.nodes = []
        self.initializers = []

    def node(self, operator, *inputs, name=None, **attributes):
        name = name or f'{operator.lower()}_{len(self.nodes)}'
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, array):
        name = f'constant_{len(self.initializers)}'
        self.initializers.append(numpy_helper.from_array(numpy.asarray(array), name))
        return name

    def number(self, value):
        return self.constant(numpy.float32(value))

    def integers(self, *values):
        return self.constant(numpy.array(values, dtype=numpy.int64))

    def weight(self, tensor):
        return self.constant(tensor.detach().numpy().astype(numpy.float32))

    def convolution(self, x, module, norm=None):
        weight, bias = folded(module, norm) if norm else (module.weight, module.bias)
        padding = module.padding[0]
        return self.node('Conv', x, self.weight(weight), self.weight(bias), kernel_shape=list(module.kernel_size),
                         dilations=list(module.dilation), pads=[padding, padding])

    def linear(self, x, module):
        return self.node('Gemm', x, self.weight(module.weight), self.weight(module.bias), transB=1)


def scale_of(norm):
    return norm.weight / torch.sqrt(norm.running_var + norm.eps)


def folded(module, norm):
    scale = scale_of(norm)
    return module.weight * scale[:, None, None], (module.bias - norm.running_mean) * scale + norm.bias


def analysis_matrices(graph):
    """Cosines and sines [FRAME, BINS] under windows of unit sum, from constants alone."""
    zero, length, one = (graph.constant(numpy.int64(value)) for value in (0, FRAME, 1))
    steps = graph.node('Cast', graph.node('Range', zero, length, one), to=TensorProto.FLOAT)
    time = graph.node('Sub', graph.node('Unsqueeze', steps, graph.integers(1)), graph.number((FRAME - 1) / 2))
    lengths = graph.weight(window_lengths())
    turn = graph.node('Mul', graph.node('Div', time, lengths), graph.number(2 * math.pi))
    half = graph.number(0.5)
    window = graph.node('Add', graph.node('Mul', graph.node('Cos', turn), half), half)
    inside = graph.node('Less', graph.node('Abs', turn), graph.number(math.pi))
    window = graph.node('Mul', window, graph.node('Cast', inside, to=TensorProto.FLOAT))
    window = graph.node('Div', window, graph.node('ReduceSum', window, graph.integers(0), keepdims=1))
    angles = graph.node('Mul', time, graph.weight(bin_frequencies() * (2 * math.pi / SAMPLE_RATE)))
    return [graph.node('Mul', window, graph.node(turned, angles)) for turned in ('Cos', 'Sin')]


def spectrum(graph):
    frames = graph.node('Sub', 'frames', graph.node('ReduceMean', 'frames', axes=[1], keepdims=1))
    loudness = graph.node('ReduceMean', graph.node('Mul', frames, frames), axes=[1], keepdims=1)
    frames = graph.node('Div', frames, graph.node('Sqrt', graph.node('Add', loudness, graph.number(QUIET))))
    parts = [graph.node('MatMul', frames, matrix) for matrix in analysis_matrices(graph)]
    power = graph.node('Add', *[graph.node('Mul', part, part) for part in parts])
    power = graph.node('Add', graph.node('Div', power, graph.number(POWER_FLOOR)), graph.number(1))
    return graph.node('Div', graph.node('Log', power), graph.number(4))


def network_graph(network):
    graph = GraphWriter()
    padded = graph.node('Pad', spectrum(graph), graph.integers(0, 0, 0, 1))
    stacked = graph.node('Gather', padded, graph.constant(harmonic_bins().numpy()), axis=1)
    place = graph.weight(network.place * scale_of(network.norm)[:, None])
    x = graph.node('Relu', graph.node('Add', graph.convolution(stacked, network.first, network.norm), place))
    for block in network.blocks:
        x = graph.node('Add', x, graph.node('Relu', graph.convolution(x, block.convolution, block.norm)))
    logits = graph.node('Squeeze', graph.convolution(x, network.pitch), graph.integers(1))
    pitch = graph.node('Softmax', logits, axis=1, name='pitch')
    at_pitch = graph.node('MatMul', x, graph.node('Unsqueeze', pitch, graph.integers(2)))
    at_pitch = graph.node('Squeeze', at_pitch, graph.integers(2))
    summary = graph.node('Concat', at_pitch, graph.node('ReduceMean', x, axes=[2], keepdims=0), axis=1)
    voiced = graph.linear(graph.node('Relu', graph.linear(summary, network.voiced_in)), network.voiced_out)
    graph.node('Sigmoid', graph.node('Squeeze', voiced, graph.integers(1)), name='voiced')

    def value(name, *shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ['frames', *shape])

    return helper.make_graph(graph.nodes, 'pitch', inputs=[value('frames', FRAME)],
                             outputs=[value('pitch', PITCHES), value('voiced')], initializer=graph.initializers)


def write_package(network):
    model = helper.make_model(network_graph(network), opset_imports=[helper.make_opsetid('', 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    PACKAGE.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(PACKAGE / 'pitch.onnx'))


def compare_with_torch(network, seed):
    """Pitch and confidence as a prediction reads them from the graph, against those of torch."""
    drawn = tones.draw(seed, COMPARED_ROWS)
    # A prediction does not ask the network about silence.
    frames = drawn.samples[drawn.scene != tones.SCENES.index('silence')]
    pitch, confidence = guess(network, frames)
    with tempfile.TemporaryDirectory() as folder:
        expected = Path(folder) / 'expected.json'
        tensors = {'frames': frames, 'pitch': pitch, 'confidence': confidence}
        expected.write_text(json.dumps({name: tensor.tolist() for name, tensor in tensors.items()}))
        command = ['node', str(HERE / 'compare-guesses.ts'), str(PACKAGE / 'pitch.onnx'), str(expected)]
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    cents, difference = (float(number) for number in printed.split())
    print(f'largest difference between torch and onnxruntime: {cents:.1e} cents, {difference:.1e} of confidence')
    assert cents < CENTS_TOLERANCE and difference < CONFIDENCE_TOLERANCE
