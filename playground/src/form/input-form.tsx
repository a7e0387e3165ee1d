import { useEffect, useState } from 'preact/hooks'
import { type FieldError, messageOf, Refusal } from '../api/call.ts'
import { ControlView } from './control-view.tsx'
import type { Field } from './fields.ts'
import { parseValues, type Values, withValue } from './values.ts'

interface InputFormProps {
  fields: readonly Field[]
  values: Values
  /** Why the server did not take the input; undefined where it has said nothing. */
  refusal: unknown
  onChange(values: Values): void
  onRun(): void
  /** What stands at the end of the form. */
  children: preact.ComponentChildren
}

const NO_ERRORS: readonly FieldError[] = []

type View = 'form' | 'json'

/** The inputs of a model as a form, and as the JSON that is sent; each follows the other. */
export function InputForm({ fields, values, refusal, onChange, onRun, children }: InputFormProps) {
  const errors = refusal instanceof Refusal ? refusal.fields : NO_ERRORS
  useFirstError(errors)
  const [view, setView] = useState<View>('form')
  /** Whether what stands in the JSON view can be read: what is run is what is seen. */
  const [sound, setSound] = useState(true)
  const run = () => {
    if (sound) onRun()
  }
  return (
    <form
      class="inputs"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        run()
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
        event.preventDefault()
        run()
      }}
    >
      <div class="heading">
        <h2>Input</h2>
        <fieldset class="switch">
          <legend class="unseen">How to write the input</legend>
          {(['form', 'json'] as const).map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={view === name}
              onClick={() => {
                setView(name)
                setSound(true)
              }}
            >
              {{ form: 'Form', json: 'JSON' }[name]}
            </button>
          ))}
        </fieldset>
      </div>
      {view === 'json' ? (
        <JsonView values={values} onChange={onChange} onSound={setSound} />
      ) : (
        fields.map((field) => (
          <FieldView
            key={field.name}
            field={field}
            value={values[field.name]}
            errors={errors.filter((error) => isOf(error, field.name)).map(({ description }) => description)}
            onChange={(value) => onChange(withValue(values, field.name, value))}
          />
        ))
      )}
      <OtherErrors
        errors={view === 'json' ? errors : errors.filter((error) => !fields.some(({ name }) => isOf(error, name)))}
      />
      {children}
      {refusal !== undefined && errors.length === 0 && (
        <p class="error" role="alert">
          {messageOf(refusal)}
        </p>
      )}
    </form>
  )
}

/** Leads to the field that has to be changed first. */
function useFirstError(errors: readonly FieldError[]): void {
  useEffect(() => {
    if (errors.length > 0) document.querySelector<HTMLElement>('.inputs [aria-invalid="true"]')?.focus()
  }, [errors])
}

interface FieldViewProps {
  field: Field
  value: unknown
  errors: readonly string[]
  onChange(value: unknown): void
}

function FieldView({ field, value, errors, onChange }: FieldViewProps) {
  const id = `input-${field.name}`
  const notes = [field.description && `${id}-about`, errors.length > 0 && `${id}-error`].filter(Boolean).join(' ')
  return (
    <div class="field">
      <label for={id}>
        {field.name}
        {field.required && <span title="required"> *</span>}
      </label>
      <ControlView
        id={id}
        control={field.control}
        label={field.name}
        value={value}
        invalid={errors.length > 0}
        describedBy={notes || undefined}
        onChange={onChange}
      />
      {errors.length > 0 && (
        <p id={`${id}-error`} class="error" role="alert">
          {errors.join(' ')}
        </p>
      )}
      {field.description && (
        <p id={`${id}-about`} class="note">
          {field.description}
        </p>
      )}
    </div>
  )
}

interface JsonViewProps {
  values: Values
  onChange(values: Values): void
  onSound(sound: boolean): void
}

function JsonView({ values, onChange, onSound }: JsonViewProps) {
  const [text, setText] = useState(() => JSON.stringify(values, null, 2))
  const sound = parseValues(text) !== undefined
  // Changes that come from elsewhere are shown, one's own are left as they were typed.
  useEffect(() => {
    setText((before) =>
      JSON.stringify(parseValues(before)) === JSON.stringify(values) ? before : JSON.stringify(values, null, 2),
    )
  }, [values])
  return (
    <div class="field">
      <label for="input-json">Input as JSON</label>
      <textarea
        id="input-json"
        class="code"
        rows={14}
        spellcheck={false}
        aria-invalid={!sound}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value)
          const parsed = parseValues(event.currentTarget.value)
          onSound(parsed !== undefined)
          if (parsed) onChange(parsed)
        }}
      />
      {!sound && (
        <p class="error" role="alert">
          This is not a JSON object yet, and cannot be run.
        </p>
      )}
    </div>
  )
}

function OtherErrors({ errors }: { errors: readonly FieldError[] }) {
  if (errors.length === 0) return null
  return (
    <ul class="error" role="alert">
      {errors.map(({ field, description }) => (
        <li key={`${field} ${description}`}>
          {field}: {description}
        </li>
      ))}
    </ul>
  )
}

/** `input.image` and `input.image.0` are of the field `image`; a missing one is told of `input` with its name in the text. */
function isOf({ field, description }: FieldError, name: string): boolean {
  if (field === `input.${name}` || field.startsWith(`input.${name}.`)) return true
  return field === 'input' && description.startsWith(`${name} `)
}
