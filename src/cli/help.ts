import { describeSettings } from '../config.ts'
import type { Command } from './command.ts'

export const help: Command = async (_args, { print }) =>
  print(`reprise serves Replicate's HTTP API from this machine.

  reprise serve [flags]   start the server
  reprise help            show this text

Flags of serve; each can also be set as a variable, --data-dir as REPRISE_DATA_DIR:
${describeSettings()}`)
