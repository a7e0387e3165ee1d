"""Writes models/replicate/hello-world/hello.onnx: `greeting` is "hello " followed by `text`.

Run: /usr/bin/python3 scripts/make-hello-world.py     (Debian's python3-onnx; less than a second)
"""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

OUTPUT = Path(__file__).resolve().parent.parent / 'models/replicate/hello-world/hello.onnx'


def main():
    graph = helper.make_graph(
        nodes=[helper.make_node('StringConcat', ['prefix', 'text'], ['greeting'])],
        name='hello-world',
        inputs=[helper.make_tensor_value_info('text', TensorProto.STRING, [1])],
        outputs=[helper.make_tensor_value_info('greeting', TensorProto.STRING, [1])],
        initializer=[helper.make_tensor('prefix', TensorProto.STRING, [1], [b'hello '])],
    )
    # StringConcat enters ONNX with opset 20.
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 20)])
    model.ir_version = 9
    onnx.save(model, str(OUTPUT))
    print(f'{OUTPUT}: {OUTPUT.stat().st_size} bytes')


if __name__ == '__main__':
    main()
