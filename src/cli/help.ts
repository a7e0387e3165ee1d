import { describeSettings } from '../config.ts'
import type { Command } from './command.ts'

export const help: Command = async (_args, { print }) =>
  print(`reprise serves Replicate's HTTP API from this machine.

  reprise serve [flags]                start the server
  reprise models                       list the models of the server
  reprise models owner/name            show one: its inputs and its versions
  reprise predict <model> [flags]      run a model; <model> is owner/name, owner/name:version or the id of a version
  reprise push <folder> owner/name     send a package to the server and print the id of the version that it becomes
  reprise webhook-secret               show the secret that your webhooks are signed with
  reprise webhook-secret rotate        make another; the former one signs beside it for a day
  reprise backup <file> [--force]      write a backup of the running server to a file, or - for standard output; for operators
  reprise restore <file> [--resume]    make a data folder (--data-dir) of a backup, or - for standard input, with the server
                                       stopped; what had not ended has failed then, unless --resume takes it up
  reprise vacuum                       give back to the disk what the database does not need any more; for operators
  reprise help                         show this text

Commands beside serve and restore speak to a running server: --url (REPRISE_URL, http://127.0.0.1:3000) and --token (REPRISE_TOKEN).

Flags of predict:
  -i, --input name=value    an input, in the type that the model takes; lists and objects as JSON, a list also item by item
              name=@file    a file, where the model takes one, else the content of that file; @- is standard input,
                            and @@ begins a text with @
  --input-json file         inputs as a JSON object, - for standard input; -i wins over it
  -o, --output path         a folder for the files of the output, or the path of the one file (.)
  --force                   write over files that are there already
  --json                    print the whole prediction instead, and leave its files on the server
Ctrl-C cancels the prediction.

Flags of serve; each can also be set as a variable, --data-dir as REPRISE_DATA_DIR:
${describeSettings()}`)
