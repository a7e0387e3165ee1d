import { AppError } from '../errors.ts'
import type { Command } from './command.ts'
import { USAGES, type Usage } from './usages.ts'

const FORM_WIDTH = 29
const REACHED = 'by --url (REPRISE_URL, http://127.0.0.1:3000) and --token (REPRISE_TOKEN).'

/** Tells how to use the commands, or one of them. */
export const help: Command = async ([command], { print }) => {
  if (command === undefined) return print(describeAll())
  const usage = USAGES.find((one) => one.command === command)
  if (!usage) throw new AppError('configuration', `There is no command "${command}"; "reprise help" lists them`)
  print(describeOne(usage))
}

function describeAll(): string {
  const local = USAGES.filter(({ isLocal }) => isLocal).map(({ command }) => command)
  const others = new Intl.ListFormat('en').format(local)
  // Those of serve are many, and end the text.
  const [serve, ...rest] = USAGES.map(({ flags }) => flags?.()).filter((text) => text !== undefined)
  return [
    "reprise serves Replicate's HTTP API from this machine.",
    USAGES.map(describeForms).join('\n'),
    `Commands beside ${others} speak to a running server,\n${REACHED}`,
    ...rest,
    serve,
  ].join('\n\n')
}

function describeOne(usage: Usage): string {
  const server = usage.isLocal ? undefined : `It speaks to a running server, ${REACHED}`
  return [describeForms(usage), usage.flags?.(), server].filter((part) => part !== undefined).join('\n\n')
}

function describeForms({ forms }: Usage): string {
  return forms.map(([form, meaning]) => `  reprise ${form.padEnd(FORM_WIDTH)}${meaning}`).join('\n')
}
