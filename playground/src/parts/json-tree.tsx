/** Lists and objects open up to this depth by themselves. */
const OPEN_DEPTH = 2
/** So many entries are shown of one list; the whole is in the JSON. */
const MOST_ENTRIES = 200

interface JsonTreeProps {
  value: unknown
  name?: string
  depth?: number
}

/** JSON whose parts can be folded. */
export function JsonTree({ value, name, depth = 0 }: JsonTreeProps) {
  if (typeof value !== 'object' || value === null)
    return (
      <div class="mono">
        <Name name={name} />
        <span class={`value-${value === null ? 'null' : typeof value}`}>{JSON.stringify(value)}</span>
      </div>
    )
  const entries = Object.entries(value)
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  if (entries.length === 0)
    return (
      <div class="mono">
        <Name name={name} />
        {open}
        {close}
      </div>
    )
  return (
    <details class="mono tree" open={depth < OPEN_DEPTH && entries.length <= MOST_ENTRIES}>
      <summary>
        <Name name={name} />
        {open} <small>{entries.length}</small> {close}
      </summary>
      {entries.slice(0, MOST_ENTRIES).map(([key, item]) => (
        <JsonTree key={key} name={key} value={item} depth={depth + 1} />
      ))}
      {entries.length > MOST_ENTRIES && <small>and {entries.length - MOST_ENTRIES} more</small>}
    </details>
  )
}

function Name({ name }: { name: string | undefined }) {
  return name === undefined ? null : <span class="name">{name}: </span>
}
