import { useState } from 'preact/hooks'
import type { Control } from './fields.ts'
import { FileControl } from './file-control.tsx'

export interface ControlViewProps {
  id: string
  control: Control
  label: string
  value: unknown
  invalid: boolean
  describedBy: string | undefined
  onChange(value: unknown): void
}

/** Asks for one value in the way that suits it. */
export function ControlView({ id, control, label, value, invalid, describedBy, onChange }: ControlViewProps) {
  const told = { id, 'aria-invalid': invalid, 'aria-describedby': describedBy }
  switch (control.kind) {
    case 'text':
      return (
        <textarea
          {...told}
          rows={control.long ? 5 : rowsOf(value)}
          value={textOf(value)}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )
    case 'secret':
      return (
        <input
          {...told}
          type="password"
          autocomplete="off"
          value={textOf(value)}
          onInput={(event) => onChange(event.currentTarget.value || undefined)}
        />
      )
    case 'number':
      return <NumberControl {...{ told, control, label, value, onChange }} />
    case 'boolean':
      return (
        <input
          {...told}
          type="checkbox"
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      )
    case 'choice':
      return (
        <select
          {...told}
          value={String(value ?? '')}
          onChange={({ currentTarget }) =>
            onChange(control.values.find((choice) => String(choice) === currentTarget.value))
          }
        >
          {!control.values.some((choice) => choice === value) && <option value="" />}
          {control.values.map((choice) => (
            <option key={choice} value={String(choice)}>
              {choice}
            </option>
          ))}
        </select>
      )
    case 'file':
      return <FileControl {...{ id, accept: control.accept, label, value, invalid, describedBy, onChange }} />
    case 'list':
      return <ListControl {...{ id, control, label, value, invalid, describedBy, onChange }} />
    case 'json':
      return <JsonControl {...{ told, value, onChange }} />
  }
}

interface PartProps {
  told: { id: string; 'aria-invalid': boolean; 'aria-describedby': string | undefined }
  value: unknown
  onChange(value: unknown): void
}

function NumberControl({
  told,
  control: { integer, minimum, maximum },
  label,
  value,
  onChange,
}: PartProps & { control: Control & { kind: 'number' }; label: string }) {
  const step = integer ? 1 : 'any'
  const change = (text: string) => onChange(text === '' ? undefined : Number(text))
  const bounded = minimum !== undefined && maximum !== undefined
  return (
    <div class="row">
      {bounded && (
        <input
          class="grow"
          type="range"
          aria-label={`${label}, slider`}
          min={minimum}
          max={maximum}
          step={integer ? 1 : (maximum - minimum) / 100}
          value={typeof value === 'number' ? value : minimum}
          onInput={(event) => change(event.currentTarget.value)}
        />
      )}
      <input
        {...told}
        class={bounded ? 'short' : 'grow'}
        type="number"
        step={step}
        min={minimum}
        max={maximum}
        value={typeof value === 'number' ? value : ''}
        onInput={(event) => change(event.currentTarget.value)}
      />
    </div>
  )
}

function ListControl({
  id,
  control,
  label,
  value,
  invalid,
  describedBy,
  onChange,
}: ControlViewProps & { control: Control & { kind: 'list' } }) {
  const items: readonly unknown[] = Array.isArray(value) ? value : []
  const { item } = control
  return (
    <div class="list">
      {items.map((entry, index) => (
        <div class="row" key={index}>
          <div class="grow">
            <ControlView
              id={index === 0 ? id : `${id}-${index}`}
              control={item}
              label={`${label}, ${index + 1}`}
              value={entry}
              invalid={invalid}
              describedBy={describedBy}
              onChange={(changed) => onChange(items.map((before, at) => (at === index ? changed : before)))}
            />
          </div>
          <button
            type="button"
            aria-label={`Remove ${label}, ${index + 1}`}
            onClick={() => onChange(items.filter((_, at) => at !== index))}
          >
            ✕
          </button>
        </div>
      ))}
      <button
        type="button"
        id={items.length === 0 ? id : undefined}
        onClick={() => onChange([...items, emptyItem(item)])}
      >
        Add{items.length === 0 ? '' : ' another'}
      </button>
    </div>
  )
}

function JsonControl({ told, value, onChange }: PartProps) {
  const [text, setText] = useState(() => (value === undefined ? '' : JSON.stringify(value)))
  const [sound, setSound] = useState(true)
  return (
    <textarea
      {...told}
      class="code"
      rows={rowsOf(text)}
      placeholder="JSON"
      aria-invalid={told['aria-invalid'] || !sound}
      value={
        sound && JSON.stringify(value) !== compact(text) ? (value === undefined ? '' : JSON.stringify(value)) : text
      }
      onInput={({ currentTarget: { value: typed } }) => {
        setText(typed)
        if (typed.trim() === '') {
          setSound(true)
          return onChange(undefined)
        }
        try {
          onChange(JSON.parse(typed))
          setSound(true)
        } catch {
          setSound(false)
        }
      }}
    />
  )
}

function compact(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return undefined
  }
}

function emptyItem(item: Control): unknown {
  switch (item.kind) {
    case 'number':
      return item.minimum ?? 0
    case 'boolean':
      return false
    case 'choice':
      return item.values[0]
    default:
      return ''
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function rowsOf(value: unknown): number {
  return typeof value === 'string' ? Math.min(12, Math.max(1, value.split('\n').length, value.length / 60)) : 1
}
