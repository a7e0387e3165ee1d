import { describeSettings } from '../config.ts'

/** How a command is used. */
export interface Usage {
  command: string
  /** What can be written after `reprise`, and what it does. */
  forms: readonly (readonly [form: string, meaning: string])[]
  /** Whether it speaks to a running server, as most do. */
  isLocal?: boolean
  /** Its flags, under a heading. */
  flags?: () => string
}

/** All commands, in the order in which they are told. */
export const USAGES: readonly Usage[] = [
  {
    command: 'serve',
    forms: [['serve [flags]', 'start the server']],
    isLocal: true,
    flags: () => `Flags of serve; each can also be set as a variable, --data-dir as REPRISE_DATA_DIR:
${describeSettings()}`,
  },
  {
    command: 'doctor',
    forms: [['doctor [flags of serve]', 'tell what would keep the server from working; --json for machines']],
    isLocal: true,
    flags: () => 'Flags of doctor: those of serve, and --json. The exit code is 1 when there is a problem.',
  },
  {
    command: 'models',
    forms: [
      ['models', 'list the models of the server'],
      ['models owner/name', 'show one: its inputs and its versions'],
    ],
  },
  {
    command: 'predict',
    forms: [
      ['predict <model> [flags]', 'run a model; <model> is owner/name, owner/name:version or the id of a version'],
    ],
    flags: () => `Flags of predict:
  -i, --input name=value    an input, in the type that the model takes; lists and objects as JSON, a list also item by item
              name=@file    a file, where the model takes one, else the content of that file; @- is standard input,
                            and @@ begins a text with @
  --input-json file         inputs as a JSON object, - for standard input; -i wins over it
  -o, --output path         a folder for the files of the output, or the path of the one file (.)
  --force                   write over files that are there already
  --json                    print the whole prediction instead, and leave its files on the server
Ctrl-C cancels the prediction.`,
  },
  {
    command: 'push',
    forms: [
      ['push <folder> owner/name', 'send a package to the server and print the id of the version that it becomes'],
    ],
  },
  {
    command: 'token',
    forms: [
      ['token create <username>', 'make a token for an account and print it; --description says what it is for'],
      ['token list', 'list the tokens that were made so'],
      ['token revoke <id>', 'revoke one: the next request with it is refused'],
    ],
  },
  {
    command: 'backup',
    forms: [['backup <file>', 'write a backup of the running server, or - for standard output; for operators']],
    flags: () => 'Flags of backup: --force writes over a file that is there already.',
  },
  {
    command: 'restore',
    forms: [['restore <file>', 'make a data folder of a backup, or - for standard input, with the server stopped']],
    isLocal: true,
    flags: () => `Flags of restore:
  --data-dir folder         where it goes (REPRISE_DATA_DIR, ./data); nothing may be there yet
  --resume                  take up what had not ended; otherwise it has failed, and webhooks that waited are not sent`,
  },
  {
    command: 'vacuum',
    forms: [['vacuum', 'give back to the disk what the database does not need any more; for operators']],
  },
  {
    command: 'webhook-secret',
    forms: [
      ['webhook-secret', 'show the secret that your webhooks are signed with'],
      ['webhook-secret rotate', 'make another; the former one signs beside it for a day'],
    ],
  },
  {
    command: 'help',
    forms: [['help [command]', 'show this text, or that of one command']],
    isLocal: true,
  },
]
