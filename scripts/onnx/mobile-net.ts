import { int, ints } from './attribute.ts'
import type { NodeProto, TensorProto } from './messages.ts'
import { type ModelDescription, node } from './model.ts'
import { normalNumbers, uniformNumbers } from './random.ts'
import { float32, value } from './tensor.ts'

/** The stages of MobileNetV2: how often a block comes, what it gives, and how. */
const STAGES = [
  { expansion: 1, channels: 16, blocks: 1, stride: 1 },
  { expansion: 6, channels: 24, blocks: 2, stride: 2 },
  { expansion: 6, channels: 32, blocks: 3, stride: 2 },
  { expansion: 6, channels: 64, blocks: 4, stride: 2 },
  { expansion: 6, channels: 96, blocks: 3, stride: 1 },
  { expansion: 6, channels: 160, blocks: 3, stride: 2 },
  { expansion: 6, channels: 320, blocks: 1, stride: 1 },
]
const FIRST_CHANNELS = 32
const LAST_CHANNELS = 1280
const CLASSES = 1000

/** Channels of a picture on its way through the network, and the name of the value that holds them. */
interface Features {
  name: string
  channels: number
}

interface Convolution {
  channels: number
  kernel: 1 | 3
  stride?: number
  /** Each channel by itself. */
  depthwise?: boolean
  /** ReLU6 afterwards. */
  activated?: boolean
}

/**
 * A network of the size and shape of MobileNetV2, with random weights and its batch norms folded away: `pixels`
 * [batch, 3, 224, 224] to `scores` [batch, 1000].
 */
export function mobileNet({ seed = 1 }: { seed?: number } = {}): ModelDescription {
  const layers = new Layers(seed)
  let features: Features = { name: 'pixels', channels: 3 }
  features = layers.convolution(features, { channels: FIRST_CHANNELS, kernel: 3, stride: 2, activated: true })
  for (const { expansion, channels, blocks, stride } of STAGES)
    for (let block = 0; block < blocks; block++)
      features = layers.invertedResidual(features, expansion, channels, block === 0 ? stride : 1)
  features = layers.convolution(features, { channels: LAST_CHANNELS, kernel: 1, activated: true })
  layers.classifier(features)
  return {
    nodes: layers.nodes,
    inputs: [value('pixels', 'float32', ['batch', 3, 224, 224])],
    outputs: [value('scores', 'float32', ['batch', CLASSES])],
    initializers: layers.initializers,
  }
}

class Layers {
  readonly nodes: NodeProto[] = []
  readonly initializers: TensorProto[] = [float32('zero', [], [0]), float32('six', [], [6])]
  readonly #uniform: () => number

  constructor(seed: number) {
    this.#uniform = uniformNumbers(seed)
  }

  invertedResidual(from: Features, expansion: number, channels: number, stride: number): Features {
    const inner = from.channels * expansion
    let features = from
    if (expansion > 1) features = this.convolution(features, { channels: inner, kernel: 1, activated: true })
    features = this.convolution(features, { channels: inner, kernel: 3, stride, depthwise: true, activated: true })
    features = this.convolution(features, { channels, kernel: 1 })
    if (stride !== 1 || channels !== from.channels) return features
    return { name: this.#add('Add', [from.name, features.name]), channels }
  }

  convolution(from: Features, { channels, kernel, stride = 1, depthwise, activated }: Convolution): Features {
    const group = depthwise ? from.channels : 1
    const padding = kernel === 3 ? 1 : 0
    const dims = [channels, from.channels / group, kernel, kernel]
    const sums = this.#add('Conv', [from.name, this.#weights(dims, activated), this.#bias(channels)], {
      group: int(group),
      kernel_shape: ints(kernel, kernel),
      pads: ints(padding, padding, padding, padding),
      strides: ints(stride, stride),
    })
    return { name: activated ? this.#add('Clip', [sums, 'zero', 'six']) : sums, channels }
  }

  classifier({ name, channels }: Features): void {
    const flat = this.#add('Flatten', [this.#add('GlobalAveragePool', [name])])
    const weights = this.#weights([CLASSES, channels])
    this.nodes.push(node('Gemm', [flat, weights, this.#bias(CLASSES)], ['scores'], { transB: int(1) }))
  }

  /** @returns the name of what the new node gives */
  #add(opType: string, inputs: string[], attributes: Parameters<typeof node>[3] = {}): string {
    const output = `value_${this.nodes.length}`
    this.nodes.push(node(opType, inputs, [output], attributes))
    return output
  }

  /** He's scale keeps the spread of the values the same from layer to layer; an activation loses half of it. */
  #weights(dims: readonly number[], activated = false): string {
    const [outputs = 1, ...fanIn] = dims
    const inputs = fanIn.reduce((product, size) => product * size, 1)
    const name = `weights_${this.initializers.length}`
    const deviation = Math.sqrt((activated ? 2 : 1) / inputs)
    this.initializers.push(float32(name, dims, normalNumbers(outputs * inputs, deviation, this.#uniform)))
    return name
  }

  #bias(channels: number): string {
    const name = `bias_${this.initializers.length}`
    this.initializers.push(float32(name, [channels], new Float32Array(channels)))
    return name
  }
}
