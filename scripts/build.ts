/** Makes dist/: the server and the bundled models as JavaScript, for the published package. */
import { execFileSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))

rmSync(path('dist'), { recursive: true, force: true })
for (const project of ['src', 'models'])
  execFileSync(path('node_modules/.bin/tsc'), ['--project', path(`tsconfig.${project}.json`)], { stdio: 'inherit' })
cpSync(path('models'), path('dist/models'), { recursive: true, filter: (file) => !file.endsWith('.ts') })
