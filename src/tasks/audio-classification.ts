import { defineModel, fileInput, Type } from '../models/define-model.ts'
import { rank, readClasses, scoresOutput, settleActivation, topKInput } from './classes.ts'
import { type Graph, shown, sizeAt, type TensorPlace, wire } from './graph.ts'
import { runGraph, tryGraph } from './network.ts'
import { resample } from './resample.ts'
import { activate } from './scores.ts'
import { readSound } from './sound-file.ts'
import { averageOf, standardized, windowsOf } from './sound-windows.ts'
import type { TaskYaml } from './task-yaml.ts'
import { tensorOf } from './tensor-of.ts'

const USUAL_RATE = 16_000
const USUAL_SECONDS = 60

/** A sound in, its labels out. */
export async function audioClassification(dir: string, graph: Graph, yaml: TaskYaml<'audio-classification'>) {
  const wiring = wire(graph, yaml, 'sound')
  const { input, output } = wiring
  const length = lengthOf(input)
  const classes = await readClasses(dir, yaml, output)
  const { sample_rate: rate = USUAL_RATE, max_seconds: longest = USUAL_SECONDS, normalize = false } = yaml
  const feed = (samples: Float32Array) => ({
    [input.name]: tensorOf(input.type, samples, dimsOf(input, samples.length)),
  })
  return defineModel({
    input: Type.Object({
      audio: fileInput({ accept: 'audio/wav', description: `A WAV file of at most ${longest} seconds` }),
      top_k: topKInput(classes),
    }),
    output: scoresOutput(classes),

    async setup(ctx) {
      const session = await ctx.session(graph.file)
      const silence = new Float32Array(length ?? rate)
      const probe = await tryGraph('a second of silence', () => runGraph(session, wiring, feed(silence)))
      return { session, activation: settleActivation(classes, output.name, probe) }
    },

    async predict({ audio, top_k }, ctx) {
      const { session, activation } = ctx.state
      const sound = resample(await readSound(audio, longest), rate)
      const scores: number[][] = []
      for (const window of length === undefined ? [sound] : windowsOf(sound, length)) {
        ctx.signal.throwIfAborted()
        const { values } = await runGraph(session, wiring, feed(normalize ? standardized(window) : window))
        scores.push(activate(values, activation))
      }
      return rank(classes, output.name, averageOf(scores), 'none', top_k)
    },
  })
}

/** How many samples a graph takes; undefined where it takes any number. */
function lengthOf({ name, type, dims }: TensorPlace): number | undefined {
  if (type !== 'float32' && type !== 'float16' && type !== 'float64')
    throw new Error(`The input ${name} is ${type}, and sound is given as float32, float16 or float64`)
  // All but the last is one sound of one channel.
  const others = dims.slice(0, -1)
  if (dims.length < 1 || dims.length > 3 || others.some((size) => typeof size === 'number' && size !== 1))
    throw new Error(
      `The input ${name} is ${shown(dims)}, and sound needs [n, samples] or [n, 1, samples]; a graph that takes ` +
        'spectra needs a predict.ts',
    )
  return sizeAt(dims, -1)
}

function dimsOf({ dims }: TensorPlace, samples: number): number[] {
  return [...dims.slice(0, -1).map(() => 1), samples]
}
