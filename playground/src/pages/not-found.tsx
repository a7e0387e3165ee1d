import { useTitle } from '../parts/title.ts'

export function NotFoundPage() {
  useTitle('Not found')
  return (
    <>
      <h1>There is nothing here</h1>
      <p>
        <a href="/">All models</a>
      </p>
    </>
  )
}
