import { useMemo } from 'preact/hooks'
import type { Model } from '../api/types.ts'
import { type Control, fieldsOf } from '../form/fields.ts'
import { startingValues, withValue } from '../form/values.ts'
import { Code } from './code.tsx'

/** How the model is called, and what it takes. */
export function ApiTab({ model: { owner, name, latest_version: version } }: { model: Model }) {
  const fields = useMemo(() => (version ? fieldsOf(version.openapi_schema) : []), [version])
  if (!version) return <p>This model has no version yet that can be run.</p>
  const input = fields
    .filter(({ required }) => required)
    .reduce((values, field) => withValue(values, field.name, exampleOf(field.control)), startingValues(fields))
  return (
    <>
      <h2>Run it</h2>
      <Code model={`${owner}/${name}`} version={version.id} input={input} />
      <h2>Input</h2>
      <div class="table">
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Type</th>
              <th scope="col">Default</th>
              <th scope="col">Meaning</th>
            </tr>
          </thead>
          <tbody>
            {fields.map((field) => (
              <tr key={field.name}>
                <td>
                  <code>{field.name}</code>
                  {field.required && ' (required)'}
                </td>
                <td>{describe(field.control)}</td>
                <td>{field.default === undefined ? '' : <code>{JSON.stringify(field.default)}</code>}</td>
                <td>{field.description}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h2>Schema</h2>
      <details>
        <summary>As OpenAPI</summary>
        <pre tabIndex={0}>{JSON.stringify(version.openapi_schema, null, 2)}</pre>
      </details>
    </>
  )
}

function describe(control: Control): string {
  switch (control.kind) {
    case 'number': {
      const { integer, minimum, maximum } = control
      const bounds = [minimum === undefined ? '' : `from ${minimum}`, maximum === undefined ? '' : `to ${maximum}`]
      return [integer ? 'whole number' : 'number', ...bounds].filter(Boolean).join(' ')
    }
    case 'choice':
      return `one of ${control.values.join(', ')}`
    case 'list':
      return `list of: ${describe(control.item)}`
    case 'json':
      return 'JSON'
    default:
      return control.kind
  }
}

function exampleOf(control: Control): unknown {
  switch (control.kind) {
    case 'number':
      return control.minimum ?? 1
    case 'boolean':
      return true
    case 'choice':
      return control.values[0]
    case 'list':
      return [exampleOf(control.item)]
    case 'file':
      return 'https://example.com/file'
    case 'json':
      return []
    default:
      return '…'
  }
}
