// Writes the head that the package ships with: what its own training makes of a zip.
// node fit-first-head.ts classes.zip

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PACKAGE, train } from './package.ts'

const [zip = ''] = process.argv.slice(2)
const { 'head.json': head } = await train(zip)
if (head === undefined) throw new TypeError('The training made no head')
writeFileSync(join(PACKAGE, 'head.json'), head)
