/** Makes dist/: the server and the bundled models as JavaScript, for the published package. */
import { execFileSync } from 'node:child_process'
import { cpSync, globSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))

// What the pages are made of has a build of its own.
for (const name of globSync('*', { cwd: path('dist'), exclude: ['playground'] }))
  rmSync(path(`dist/${name}`), { recursive: true })
for (const project of ['src', 'models'])
  execFileSync(path('node_modules/.bin/tsc'), ['--project', path(`tsconfig.${project}.json`)], { stdio: 'inherit' })
cpSync(path('models'), path('dist/models'), { recursive: true, filter: (file) => !file.endsWith('.ts') })
