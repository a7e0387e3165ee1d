import { randomInt } from 'node:crypto'
import { defineModel, Type, textStream } from 'reprise/model'
import { DecodedText } from './decoder.ts'
import { randomNumbers, sampleToken } from './sampler.ts'
import { Tokenizer } from './tokenizer.ts'

// The decoder looks back this many tokens; what lies before them is cut from a prompt.
const WINDOW = 256

export default defineModel({
  input: Type.Object({
    prompt: Type.String({
      default: 'Once upon a time',
      description: 'How the tale begins, or a request such as "Tell me a story about a brave hen."',
    }),
    max_tokens: Type.Integer({
      minimum: 1,
      maximum: 500,
      default: 200,
      description: 'The tale stops here if it has not ended before; a token is about three quarters of a word',
    }),
    temperature: Type.Number({
      minimum: 0,
      maximum: 2,
      default: 0.8,
      description: '0 always writes the likeliest word; higher is more surprising and less sensible',
    }),
    top_k: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 20,
      description: 'Choose among this many of the likeliest tokens',
    }),
    seed: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2 ** 32 - 1,
        description: 'The same seed and input give the same tale; random if left out',
      }),
    ),
  }),
  output: textStream(),

  async setup(ctx) {
    return { decoder: await ctx.session('decoder.onnx'), tokenizer: new Tokenizer(ctx.path('tokenizer.json')) }
  },

  async *predict(input, ctx) {
    const { decoder, tokenizer } = ctx.state
    const seed = input.seed ?? randomInt(2 ** 32)
    ctx.log(`seed ${seed}`)
    const random = randomNumbers(seed)
    const sampling = { temperature: input.temperature, topK: input.top_k }
    // A token may end within a character; the decoder holds its bytes back until the rest has come.
    const text = new TextDecoder('utf-8', { ignoreBOM: true })

    const prompt = tokenizer.encode(input.prompt).slice(-WINDOW)
    ctx.metric('input_token_count', prompt.length)
    const decoded = new DecodedText(decoder)
    let logits = await decoded.read([tokenizer.endOfText, ...prompt])
    let written = 0
    while (written < input.max_tokens) {
      ctx.signal.throwIfAborted()
      const token = sampleToken(logits, sampling, random)
      if (token === tokenizer.endOfText) break
      written += 1
      const piece = text.decode(tokenizer.bytes(token), { stream: true })
      if (piece !== '') yield piece
      logits = await decoded.read([token])
    }
    ctx.metric('output_token_count', written)
  },
})
