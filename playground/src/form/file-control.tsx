import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { messageOf } from '../api/call.ts'
import { valueOfFile } from './upload.ts'

interface FileControlProps {
  id: string
  value: unknown
  accept: string | undefined
  label: string
  invalid: boolean
  describedBy: string | undefined
  onChange(value: string | undefined): void
}

interface Picked {
  name: string
  /** What it is known as in this page, for looking at it. */
  url: string
  type: string
  value: string
}

/** Takes a file by drop, paste or picker, or a URL that is typed. */
export function FileControl({ id, value, accept, label, invalid, describedBy, onChange }: FileControlProps) {
  const [picked, setPicked] = useState<Picked>()
  const [trouble, setTrouble] = useState<string>()
  const [busy, setBusy] = useState(false)
  const [over, setOver] = useState(false)
  const picker = useRef<HTMLInputElement>(null)
  const note = useId()
  useEffect(() => () => void (picked && URL.revokeObjectURL(picked.url)), [picked])
  const shown = picked && picked.value === value ? picked : undefined

  async function take(file: File | undefined | null): Promise<void> {
    if (!file) return
    setBusy(true)
    setTrouble(undefined)
    try {
      const made = await valueOfFile(file)
      setPicked({ name: file.name, url: URL.createObjectURL(file), type: file.type, value: made })
      onChange(made)
    } catch (error) {
      setTrouble(messageOf(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping and pasting have the picker and the text field beside them
    <div
      class="file"
      data-over={over}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        void take(event.dataTransfer?.files[0])
      }}
      onPaste={(event) => {
        const file = event.clipboardData?.files[0]
        if (!file) return
        event.preventDefault()
        void take(file)
      }}
    >
      {shown ? (
        <div class="row">
          <Look file={shown} />
          <span class="grow">{shown.name}</span>
          <button type="button" aria-label={`Remove ${label}`} onClick={() => onChange(undefined)}>
            Remove
          </button>
        </div>
      ) : (
        <div class="row">
          <input
            id={id}
            class="grow"
            type="text"
            inputMode="url"
            placeholder="Drop or paste a file, or type its URL"
            value={typeof value === 'string' ? abbreviated(value) : ''}
            readOnly={typeof value === 'string' && value.startsWith('data:')}
            aria-invalid={invalid}
            aria-describedby={describedBy}
            onInput={(event) => onChange(event.currentTarget.value || undefined)}
          />
          <input
            ref={picker}
            type="file"
            hidden
            accept={accept}
            aria-label={`File for ${label}`}
            onChange={(event) => {
              void take(event.currentTarget.files?.[0])
              event.currentTarget.value = ''
            }}
          />
          <button type="button" disabled={busy} onClick={() => picker.current?.click()}>
            {busy ? 'Uploading…' : 'Choose a file'}
          </button>
          {typeof value === 'string' && value.startsWith('data:') && (
            <button type="button" onClick={() => onChange(undefined)}>
              Remove
            </button>
          )}
        </div>
      )}
      {trouble && (
        <p id={note} class="error" role="alert">
          {trouble}
        </p>
      )}
    </div>
  )
}

function Look({ file }: { file: Picked }) {
  if (file.type.startsWith('image/')) return <img class="look" src={file.url} alt={file.name} />
  // biome-ignore lint/a11y/useMediaCaption: nobody has captions of what a user picks
  if (file.type.startsWith('audio/')) return <audio controls src={file.url} />
  return null
}

/** A data URI is no text for people. */
function abbreviated(value: string): string {
  return value.startsWith('data:') && value.length > 60 ? `${value.slice(0, 40)}… (${value.length} characters)` : value
}
