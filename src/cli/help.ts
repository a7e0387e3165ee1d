import { describeSettings } from '../config.ts'
import type { Command } from './command.ts'

export const help: Command = async (_args, { print }) =>
  print(`reprise serves Replicate's HTTP API from this machine.

  reprise serve [flags]           start the server
  reprise webhook-secret          show the secret that your webhooks are signed with
  reprise webhook-secret rotate   make another; the former one signs beside it for a day
  reprise help                    show this text

Commands beside serve speak to a running server: --url (REPRISE_URL, http://127.0.0.1:3000) and --token (REPRISE_TOKEN).

Flags of serve; each can also be set as a variable, --data-dir as REPRISE_DATA_DIR:
${describeSettings()}`)
