import { AppError, messageOf } from '../errors.ts'
import type { Command, Terminal } from './command.ts'
import { findVersion } from './find-version.ts'
import { parseFlags, SERVER_FLAGS } from './flags.ts'
import { Follower } from './follow-prediction.ts'
import { inputFields, isTextStream, outputSchema } from './input-fields.ts'
import { OutputPlace } from './output-place.ts'
import { readOutput } from './output-stream.ts'
import { cancelPrediction, createPrediction, type PredictionView } from './prediction-view.ts'
import { readInput } from './read-input.ts'
import { SavedFiles } from './save-files.ts'
import { connect, pathOf, type RunningServer } from './server.ts'

const FLAGS = {
  ...SERVER_FLAGS,
  input: { type: 'string', short: 'i', multiple: true },
  'input-json': { type: 'string' },
  output: { type: 'string', short: 'o' },
  force: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

/** Runs a model and shows what it gives out; asked to stop, it cancels the prediction. */
export const predict: Command = async (args, terminal) => {
  const { values, positionals } = parseFlags(args, FLAGS)
  const [target, ...more] = positionals
  if (target === undefined || more.length > 0)
    throw new AppError('configuration', 'Say which model to run: "reprise predict acme/digits -i image=@seven.png"')
  if (values.json && values.output !== undefined)
    throw new AppError('configuration', '--json leaves files on the server, so --output has no meaning beside it')
  const server = connect(values, terminal)
  const place = await OutputPlace.at(values.output ?? '.', values.force ?? false)
  const { id, openapi } = await findVersion(server, target)
  const typed = { pairs: values.input ?? [], json: values['input-json'] }
  const input = await readInput(server, inputFields(openapi), typed, terminal)
  const prediction = await createPrediction(server, id, input)
  const show = values.json ? showWhole(terminal) : showOutput(server, prediction, openapi, place, terminal)
  const ended = await toEnd(server, prediction, show, terminal)
  await show.end(ended)
  if (ended.status !== 'succeeded') throw new AppError('invalid', ended.error ?? `The prediction was ${ended.status}`)
}

/** How output reaches whoever asked for it. */
interface Show {
  /** Takes a piece of output that has just been made; without it, pieces are not asked for. */
  piece?(text: string): Promise<void>
  /** Hears how it ended. */
  end(prediction: PredictionView): Promise<void>
}

function showWhole({ print }: Terminal): Show {
  return { end: async ({ whole }) => print(JSON.stringify(whole, null, 2)) }
}

function showOutput(
  server: RunningServer,
  { url, stream }: PredictionView,
  openapi: unknown,
  place: OutputPlace,
  { print, write }: Terminal,
): Show {
  const files = new SavedFiles(server, url, place)
  if (stream === undefined)
    return {
      async end({ status, output }) {
        if (status !== 'succeeded') return
        const shown = await files.save(output)
        print(typeof shown === 'string' ? shown : JSON.stringify(shown, null, 2))
        files.assertSaved()
      },
    }
  if (!isTextStream(outputSchema(openapi)))
    return {
      piece: async (text) => print(String(await files.save(text))),
      end: async () => files.assertSaved(),
    }
  let last = '\n'
  return {
    async piece(text) {
      write(text)
      last = text.at(-1) ?? last
    },
    async end() {
      if (last !== '\n') write('\n')
    },
  }
}

async function toEnd(
  server: RunningServer,
  prediction: PredictionView,
  show: Show,
  terminal: Terminal,
): Promise<PredictionView> {
  const follower = new Follower(server, terminal)
  try {
    const seen = await showPieces(server, prediction, show, follower)
    return await follower.follow(seen)
  } catch (error) {
    throw server.stopping.aborted ? await canceled(server, prediction) : error
  }
}

/** Shows output while it is made, and logs beside it; resolves when no more is to come. */
async function showPieces(
  server: RunningServer,
  prediction: PredictionView,
  show: Show,
  follower: Follower,
): Promise<PredictionView> {
  if (!show.piece || prediction.stream === undefined) return prediction
  const over = new AbortController()
  const following = follower.follow(prediction, over.signal)
  // It is heard below, unless something else goes wrong before.
  following.catch(() => {})
  try {
    for await (const piece of readOutput(server, pathOf(prediction.stream))) await show.piece(piece)
  } finally {
    over.abort()
  }
  return following
}

/** Cancels a prediction whose end nobody waits for. */
async function canceled(server: RunningServer, { id }: PredictionView): Promise<AppError> {
  try {
    const { status } = await cancelPrediction(server, id)
    return new AppError('unavailable', status === 'canceled' ? 'Canceled' : `Stopped; the prediction has ${status}`)
  } catch (error) {
    return new AppError('unavailable', `Stopped, but prediction ${id} could not be canceled: ${messageOf(error)}`)
  }
}
