import { AppError } from '../errors.ts'
import { isModelName } from '../models/model-name.ts'
import { getModel, type KnownModel, listModels, listVersions } from './catalogue.ts'
import type { Command, Terminal } from './command.ts'
import { describeInput, describeOutput } from './describe-input.ts'
import { parseFlags, SERVER_FLAGS } from './flags.ts'
import { inputFields, outputSchema } from './input-fields.ts'
import { connect, type RunningServer } from './server.ts'
import { alignColumns, onOneLine } from './table.ts'

/** As much of a version id tells it from others; `predict` takes it, too. */
const SHORT_ID = 12
const LONGEST_DESCRIPTION = 80

/** Lists the models of a server, or shows one of them. */
export const models: Command = async (args, terminal) => {
  const { values, positionals } = parseFlags(args, SERVER_FLAGS)
  const [name, ...more] = positionals
  if (more.length > 0 || (name !== undefined && !isModelName(name)))
    throw new AppError(
      'configuration',
      '"reprise models" lists the models of the server, "reprise models owner/name" shows one',
    )
  const server = connect(values, terminal)
  if (name === undefined) await showAll(server, terminal)
  else await showOne(server, name, terminal)
}

async function showAll(server: RunningServer, { print, tell }: Terminal): Promise<void> {
  const rows = (await Array.fromAsync(listModels(server))).map(describeModel)
  if (rows.length === 0) return tell('The server has no models\n')
  for (const line of alignColumns([['NAME', 'VISIBILITY', 'VERSION', 'RUNS', 'DESCRIPTION'], ...rows])) print(line)
}

function describeModel({ name, visibility, latest, runCount, description }: KnownModel): string[] {
  const line = onOneLine(description)
  const shown = line.length > LONGEST_DESCRIPTION ? `${line.slice(0, LONGEST_DESCRIPTION - 1)}…` : line
  return [name, visibility, latest?.id.slice(0, SHORT_ID) ?? '', String(runCount), shown]
}

async function showOne(server: RunningServer, name: string, { print }: Terminal): Promise<void> {
  const model = await getModel(server, name)
  const versions = await Array.fromAsync(listVersions(server, name))
  print(onOneLine(`${model.name} (${model.visibility}, ${model.runCount} ${model.runCount === 1 ? 'run' : 'runs'})`))
  if (model.description) print(onOneLine(model.description))
  if (model.latest) {
    const rows = inputFields(model.latest.openapi).map(describeInput)
    print('\nInputs')
    for (const line of alignColumns(rows)) print(`  ${line}`)
    print(`\nOutput\n  ${onOneLine(describeOutput(outputSchema(model.latest.openapi)))}`)
  }
  print('\nVersions')
  for (const line of alignColumns(versions.map(({ id, createdAt }) => [id, createdAt]))) print(`  ${line}`)
}
