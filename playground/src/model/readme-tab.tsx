import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'
import { useMemo } from 'preact/hooks'
import type { Model } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Failure } from '../parts/failure.tsx'

/** The README of the package; HTML in it is shown as text, and links that are none are dropped. */
export function ReadmeTab({ model: { owner, name } }: { model: Model }) {
  const readme = useAnswer<string>(`/v1/models/${owner}/${name}/readme`)
  if (readme.state === 'asked') return <p class="note">Loading…</p>
  if (readme.state === 'failed') return <Failure error={readme.error} again={readme.again} />
  return <Markdown text={String(readme.value)} />
}

function Markdown({ text }: { text: string }) {
  const html = useMemo(() => micromark(text, { extensions: [gfm()], htmlExtensions: [gfmHtml()] }), [text])
  if (text.trim() === '') return <p>This model brings no README.</p>
  return <div class="readme" dangerouslySetInnerHTML={{ __html: html }} />
}
