import { stat } from 'node:fs/promises'
import { defineModel, fileInput, Type } from 'reprise/model'
import { listenTo } from './listen.ts'
import { joinNotes } from './notes.ts'
import { LONGEST_SECONDS, readWav } from './wav.ts'

const LARGEST_MEGABYTES = 100

export default defineModel({
  input: Type.Object({
    audio: fileInput({
      accept: 'audio/wav',
      description: `A WAV file with one voice or instrument, of at most ${LONGEST_SECONDS / 60} minutes and ${LARGEST_MEGABYTES} MB`,
    }),
    min_confidence: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'Leave out what is less sure than this; lower finds more notes, and more that are none',
    }),
    min_duration: Type.Number({
      minimum: 0,
      maximum: 10,
      default: 0.05,
      description: 'Leave out notes shorter than this, in seconds',
    }),
  }),
  output: Type.Array(
    Type.Object({
      time: Type.Number({ description: 'When the note begins, in seconds' }),
      duration: Type.Number({ description: 'How long it lasts, in seconds' }),
      frequency: Type.Number({ description: 'Its pitch in Hz' }),
      note: Type.String({ description: 'The nearest note, such as A4 (440 Hz) or C#3' }),
      confidence: Type.Number({ description: 'From 0 to 1' }),
    }),
    { description: 'The notes in the order in which they begin' },
  ),

  setup(ctx) {
    return ctx.session('pitch.onnx')
  },

  async predict(input, ctx) {
    const { size } = await stat(input.audio.path)
    if (size > LARGEST_MEGABYTES * 1e6)
      throw new Error(`The audio has ${size} bytes, and at most ${LARGEST_MEGABYTES} MB are taken; send a part of it`)
    const sound = readWav(await input.audio.bytes())
    const frames = await listenTo(sound, ctx.state, ctx.signal)
    return joinNotes(frames, { minConfidence: input.min_confidence, minDuration: input.min_duration })
  },
})
