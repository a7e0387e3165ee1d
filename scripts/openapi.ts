/** Writes openapi.yaml from the route schemas. */
import { writeFile } from 'node:fs/promises'
import { openapiDocument } from './openapi-document.ts'

await writeFile(new URL('../openapi.yaml', import.meta.url), await openapiDocument())
