/** Small graphs for tasks; what each gives can be told by looking at what went in. */
import { float, int } from '../../scripts/onnx/attribute.ts'
import { type ModelDescription, node } from '../../scripts/onnx/model.ts'
import { type ElementType, float32, int64, value } from '../../scripts/onnx/tensor.ts'

type Dims = readonly (number | string)[]

interface PictureOptions {
  dims?: Dims
  type?: ElementType
  layout?: 'NCHW' | 'NHWC'
  softmax?: boolean
  /** What the graph says of its output, whatever it gives. */
  outputDims?: Dims
}

/** A picture to the mean of each of its channels. */
export function channelMeans({
  dims = ['n', 3, 4, 4],
  type = 'float32',
  layout = 'NCHW',
  softmax = false,
  outputDims = ['n', 3],
}: PictureOptions = {}): ModelDescription {
  const axes = layout === 'NCHW' ? [2, 3] : [1, 2]
  return {
    nodes: [
      node('Cast', ['pixels'], ['floats'], { to: int(1) }),
      node('ReduceMean', ['floats', 'axes'], ['means'], { keepdims: int(0) }),
      softmax ? node('Softmax', ['means'], ['scores']) : node('Identity', ['means'], ['scores']),
    ],
    inputs: [value('pixels', type, dims)],
    outputs: [value('scores', 'float32', outputDims)],
    initializers: [int64('axes', [2], axes)],
  }
}

/** A picture as it is, to be pooled. */
export function unpooled(dims: Dims = ['n', 3, 2, 2]): ModelDescription {
  return {
    nodes: [node('Identity', ['pixels'], ['features'])],
    inputs: [value('pixels', 'float32', dims)],
    outputs: [value('features', 'float32', dims)],
  }
}

/** The negative of a picture: each value taken from a number. */
export function negative({
  dims = ['n', 3, 'h', 'w'],
  white = 1,
  type = 'float32',
}: {
  dims?: Dims
  white?: number
  type?: ElementType
} = {}): ModelDescription {
  return {
    nodes: [
      node('Cast', ['pixels'], ['floats'], { to: int(1) }),
      node('Sub', ['white', 'floats'], ['inverted']),
      node('Cast', ['inverted'], ['picture'], { to: int(type === 'uint8' ? 2 : 1) }),
    ],
    inputs: [value('pixels', type, dims)],
    outputs: [value('picture', type, dims)],
    initializers: [float32('white', [], [white])],
  }
}

/** A picture twice as wide and as high, the same otherwise; its sides have to be multiples of 4. */
export function doubled(): ModelDescription {
  return {
    nodes: [
      // Fails where a side is no multiple of 4: it folds them away and unfolds them.
      node('SpaceToDepth', ['pixels'], ['folded'], { blocksize: int(4) }),
      node('DepthToSpace', ['folded'], ['unfolded'], { blocksize: int(4) }),
      node('Resize', ['unfolded', '', 'scales'], ['picture'], {}),
    ],
    inputs: [value('pixels', 'float32', ['n', 3, 'h', 'w'])],
    outputs: [value('picture', 'float32', ['n', 3, 'H', 'W'])],
    initializers: [float32('scales', [4], [1, 1, 2, 2])],
  }
}

interface TextOptions {
  length?: number | string
  type?: 'int64' | 'int32'
  /** Of the output: one row for each token, or their sum. */
  summed?: boolean
  softmax?: boolean
}

/**
 * Tokens to rows [number of the token, 1], which a mask and a type can take away; with `summed` to [sum of the numbers,
 * count of the tokens].
 */
export function tokenRows({
  length = 'length',
  type = 'int64',
  summed = false,
  softmax = false,
}: TextOptions = {}): ModelDescription {
  return {
    nodes: [
      node('Cast', ['input_ids'], ['numbers'], { to: int(1) }),
      node('Cast', ['attention_mask'], ['mask'], { to: int(1) }),
      node('Cast', ['token_type_ids'], ['types'], { to: int(1) }),
      node('Sub', ['mask', 'types'], ['weights']),
      node('Mul', ['numbers', 'weights'], ['weighted']),
      node('Unsqueeze', ['weighted', 'last'], ['left']),
      node('Unsqueeze', ['weights', 'last'], ['right']),
      node('Concat', ['left', 'right'], ['rows'], { axis: int(2) }),
      node('ReduceSum', ['rows', 'second'], ['sums'], { keepdims: int(0) }),
      node(summed && softmax ? 'Softmax' : 'Identity', [summed ? 'sums' : 'rows'], ['last_hidden_state']),
    ],
    inputs: ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => value(name, type, ['n', length])),
    outputs: [value('last_hidden_state', 'float32', summed ? ['n', 2] : ['n', length, 2])],
    initializers: [int64('last', [1], [-1]), int64('second', [1], [1])],
  }
}

/** A sound to [1 - loudness, loudness], where loudness is the mean of the squares of its samples. */
export function loudness(dims: Dims = ['n', 'samples']): ModelDescription {
  return {
    nodes: [
      node('Reshape', ['samples', 'flat'], ['row']),
      node('Mul', ['row', 'row'], ['squares']),
      node('ReduceMean', ['squares', 'axis'], ['loud'], { keepdims: int(1) }),
      node('Sub', ['one', 'loud'], ['quiet']),
      node('Concat', ['quiet', 'loud'], ['scores'], { axis: int(1) }),
    ],
    inputs: [value('samples', 'float32', dims)],
    outputs: [value('scores', 'float32', ['n', 2])],
    initializers: [int64('flat', [2], [1, -1]), int64('axis', [1], [1]), float32('one', [1, 1], [1])],
  }
}

/** Rows of two numbers to their sum, as a regression, or to scores of two classes: the sum, and zero. */
export function sumOfRow({ outputs = ['sum'], rows = 'n' as number | string } = {}): ModelDescription {
  const all = {
    sum: value('sum', 'float32', [rows, 1]),
    scores: value('scores', 'float32', [rows, 2]),
    label: value('label', 'int64', [rows]),
  }
  return {
    nodes: [
      node('MatMul', ['row', 'ones'], ['sum']),
      node('Gemm', ['row', 'left'], ['scores'], { alpha: float(1) }),
      node('ArgMax', ['scores'], ['label'], { axis: int(1), keepdims: int(0) }),
    ],
    inputs: [value('row', 'float32', [rows, 2])],
    outputs: Object.entries(all).flatMap(([name, place]) => (outputs.includes(name) ? [place] : [])),
    initializers: [float32('ones', [2, 1], [1, 1]), float32('left', [2, 2], [1, 0, 1, 0])],
  }
}

/** Columns of their own: a text, which comes out as the label, a number and an integer, which are added up. */
export function columns(): ModelDescription {
  return {
    nodes: [
      node('Identity', ['city'], ['label']),
      node('Cast', ['rooms'], ['count'], { to: int(1) }),
      node('Cast', ['garden'], ['extra'], { to: int(1) }),
      node('Sum', ['area', 'count', 'extra'], ['price']),
    ],
    inputs: [
      value('city', 'string', ['n', 1]),
      value('area', 'float32', ['n', 1]),
      value('rooms', 'int64', ['n', 1]),
      value('garden', 'bool', ['n', 1]),
    ],
    outputs: [value('label', 'string', ['n', 1]), value('price', 'float32', ['n', 1])],
  }
}

/** Two inputs of the same shape, of which the first is multiplied by the second. */
export function scaledBy(dims: Dims = ['n', 3, 4, 4]): ModelDescription {
  return {
    nodes: [
      node('Mul', ['pixels', 'factor'], ['scaled']),
      node('ReduceMean', ['scaled', 'axes'], ['scores'], { keepdims: int(0) }),
    ],
    inputs: [value('pixels', 'float32', dims), value('factor', 'float32', [1])],
    outputs: [value('scores', 'float32', ['n', 3])],
    initializers: [int64('axes', [2], [2, 3])],
  }
}

/** Two outputs, which nothing tells apart. */
export function twoOutputs(): ModelDescription {
  const one = channelMeans()
  return {
    ...one,
    nodes: [...one.nodes, node('Neg', ['scores'], ['negated'], {})],
    outputs: [...one.outputs, value('negated', 'float32', ['n', 3])],
  }
}
