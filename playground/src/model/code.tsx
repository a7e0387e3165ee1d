import { useState } from 'preact/hooks'
import { currentToken } from '../api/session.ts'
import { SNIPPETS } from './snippets.ts'

interface CodeProps {
  model: string
  version: string
  input: Readonly<Record<string, unknown>>
}

/** Longer values, as files are, would hide the call. */
const LONGEST_TEXT = 200

/** A call as code in several languages, to be copied. */
export function Code({ model, version, input }: CodeProps) {
  const [language, setLanguage] = useState<(typeof SNIPPETS)[number]['language']>('curl')
  const [copied, setCopied] = useState(false)
  const snippet = SNIPPETS.find((candidate) => candidate.language === language) ?? SNIPPETS[0]
  const code = snippet.write({
    origin: location.origin,
    token: currentToken() !== null,
    model,
    version,
    input: Object.fromEntries(Object.entries(input).map(([name, value]) => [name, abbreviated(value)])),
  })
  return (
    <>
      <fieldset class="switch">
        <legend class="unseen">Language</legend>
        {SNIPPETS.map((candidate) => (
          <button
            key={candidate.language}
            type="button"
            aria-pressed={candidate.language === language}
            onClick={() => {
              setLanguage(candidate.language)
              setCopied(false)
            }}
          >
            {candidate.language}
          </button>
        ))}
        <button
          type="button"
          onClick={async () => {
            await copy(code)
            setCopied(true)
          }}
        >
          {copied ? 'Copied' : 'Copy'}
        </button>
      </fieldset>
      <pre tabIndex={0}>{code}</pre>
    </>
  )
}

function abbreviated(value: unknown): unknown {
  return typeof value === 'string' && value.startsWith('data:') && value.length > LONGEST_TEXT
    ? `${value.slice(0, 40)}…`
    : value
}

/** Browsers keep the clipboard from pages that came over plain http from another machine. */
async function copy(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const place = document.createElement('textarea')
  place.value = text
  document.body.append(place)
  place.select()
  document.execCommand('copy')
  place.remove()
}
