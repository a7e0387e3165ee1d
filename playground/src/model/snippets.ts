/** A call as code, in the form that each client wants the server's URL in. */
export interface Call {
  /** Of this server, such as `http://127.0.0.1:3000`. */
  origin: string
  /** Whether the server wants one. */
  token: boolean
  /** `owner/name` */
  model: string
  version: string
  input: Readonly<Record<string, unknown>>
}

export const SNIPPETS = [
  { language: 'curl', write: curl },
  { language: 'Node', write: node },
  { language: 'Python', write: python },
  { language: 'Go', write: go },
] as const

const TOKEN = '$REPLICATE_API_TOKEN'

function curl({ origin, token, model, version, input }: Call): string {
  const body = JSON.stringify({ version: `${model}:${version}`, input }, null, 2)
  return [
    `curl -s -X POST ${origin}/v1/predictions \\`,
    ...(token ? [`  -H "Authorization: Bearer ${TOKEN}" \\`] : []),
    `  -H 'Content-Type: application/json' -H 'Prefer: wait' \\`,
    // A quote ends what the shell takes as it is; one behind a backslash is between two such parts.
    `  -d '${body.replaceAll("'", "'\\''")}'`,
  ].join('\n')
}

function node({ origin, token, model, version, input }: Call): string {
  const auth = token ? 'process.env.REPLICATE_API_TOKEN' : "'any'"
  return `import Replicate from 'replicate'

const replicate = new Replicate({ auth: ${auth}, baseUrl: '${origin}/v1' })
const output = await replicate.run('${model}:${version}', {
  input: ${indented(JSON.stringify(input, null, 2), 2)},
})
console.log(output)`
}

function python({ origin, token, model, version, input }: Call): string {
  const auth = token ? 'os.environ["REPLICATE_API_TOKEN"]' : '"any"'
  return `${token ? 'import os\n' : ''}import replicate

client = replicate.Client(api_token=${auth}, base_url="${origin}")
output = client.run(
    "${model}:${version}",
    input=${indented(pythonOf(input), 4)},
)
print(output)`
}

function go({ origin, token, model, version, input }: Call): string {
  const auth = token ? 'os.Getenv("REPLICATE_API_TOKEN")' : '"any"'
  return `package main

import (
	"context"
	"fmt"
${token ? '\t"os"\n' : ''}
	"github.com/replicate/replicate-go"
)

func main() {
	client, err := replicate.NewClient(
		replicate.WithToken(${auth}),
		replicate.WithBaseURL("${origin}/v1"),
	)
	if err != nil {
		panic(err)
	}
	output, err := client.Run(context.Background(), "${model}:${version}", ${goOf(input, 1)}, nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(output)
}`
}

/** Python's literals differ from JSON's in three words. */
function pythonOf(value: unknown, depth = 0): string {
  if (value === null) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (Array.isArray(value)) return `[${value.map((item) => pythonOf(item, depth)).join(', ')}]`
  if (typeof value !== 'object') return JSON.stringify(value)
  const inner = '    '.repeat(depth + 1)
  const entries = Object.entries(value).map(
    ([key, item]) => `${inner}${JSON.stringify(key)}: ${pythonOf(item, depth + 1)},\n`,
  )
  return entries.length === 0 ? '{}' : `{\n${entries.join('')}${'    '.repeat(depth)}}`
}

function goOf(value: unknown, depth: number, type = 'replicate.PredictionInput'): string {
  if (value === null) return 'nil'
  if (Array.isArray(value)) return `[]any{${value.map((item) => goOf(item, depth, 'map[string]any')).join(', ')}}`
  if (typeof value !== 'object') return JSON.stringify(value)
  const inner = '\t'.repeat(depth + 1)
  const entries = Object.entries(value).map(
    ([key, item]) => `${inner}${JSON.stringify(key)}: ${goOf(item, depth + 1, 'map[string]any')},\n`,
  )
  return entries.length === 0 ? `${type}{}` : `${type}{\n${entries.join('')}${'\t'.repeat(depth)}}`
}

/** The lines after the first, moved to the right. */
function indented(text: string, spaces: number): string {
  return text.replaceAll('\n', `\n${' '.repeat(spaces)}`)
}
