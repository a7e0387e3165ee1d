import { describeSettings } from '../config.ts'

export const help = `reprise serves Replicate's HTTP API from this machine.

  reprise serve [flags]   start the server
  reprise help            show this text

Flags of serve; each can also be set as a variable, --data-dir as REPRISE_DATA_DIR:
${describeSettings()}
`
