import { pathOf } from '../api/call.ts'
import { JsonTree } from '../parts/json-tree.tsx'

/** Shows what a model gave out: text as text, files as what they are, and everything else as JSON. */
export function OutputView({
  output,
  text,
}: {
  output: unknown /** Whether a list is pieces of one text. */
  text: boolean
}) {
  if (output === null || output === undefined) return null
  return (
    <div class="output" aria-live="polite">
      <Value value={text && isTexts(output) ? output.join('') : output} />
    </div>
  )
}

function Value({ value }: { value: unknown }) {
  if (isFile(value)) return <FileView url={value} />
  if (typeof value === 'string') return <div class="text">{value}</div>
  if (Array.isArray(value) && value.length > 0 && value.every(isFile))
    return (
      <ol class="files">
        {value.map((url) => (
          <li key={url}>
            <FileView url={url} />
          </li>
        ))}
      </ol>
    )
  return <JsonTree value={value} />
}

/** A picture, sound or film is shown; what could run as a page is only ever a link, which the server answers as a download. */
function FileView({ url }: { url: string }) {
  const address = url.startsWith('data:') ? url : pathOf(url)
  const name = nameOf(url)
  const kind = kindOf(url)
  return (
    <figure>
      {kind === 'image' && <img src={address} alt={name} />}
      {/* biome-ignore lint/a11y/useMediaCaption: models give no captions */}
      {kind === 'audio' && <audio controls src={address} aria-label={name} />}
      {/* biome-ignore lint/a11y/useMediaCaption: models give no captions */}
      {kind === 'video' && <video controls src={address} aria-label={name} />}
      <figcaption>
        <a href={address} download={name}>
          {name}
        </a>
      </figcaption>
    </figure>
  )
}

const KINDS: Readonly<Record<string, 'image' | 'audio' | 'video'>> = {
  png: 'image',
  jpg: 'image',
  jpeg: 'image',
  webp: 'image',
  gif: 'image',
  avif: 'image',
  svg: 'image',
  wav: 'audio',
  mp3: 'audio',
  flac: 'audio',
  ogg: 'audio',
  m4a: 'audio',
  mp4: 'video',
  webm: 'video',
  mov: 'video',
}

function kindOf(url: string): 'image' | 'audio' | 'video' | undefined {
  if (url.startsWith('data:')) {
    const kind = /^data:(image|audio|video)\//.exec(url)?.[1]
    return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : undefined
  }
  return KINDS[nameOf(url).split('.').at(-1)?.toLowerCase() ?? '']
}

function nameOf(url: string): string {
  if (url.startsWith('data:')) return 'file'
  return decodeURIComponent(new URL(url).pathname.split('/').at(-1) || 'file')
}

/** Only files of this server: other addresses in an output are text. */
function isFile(value: unknown): value is string {
  if (typeof value !== 'string') return false
  if (/^data:[a-z]+\/[a-z0-9.+-]+[;,]/i.test(value)) return true
  return /^https?:\/\/[^/]+\/v1\/outputs\/[^/]+\/[^/]+$/.test(value)
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && !isFile(item))
}
