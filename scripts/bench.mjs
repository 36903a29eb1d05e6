// npm run bench            lists the benchmarks
// npm run bench NAME …     builds and runs one; each says in its head what it needs
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('..', import.meta.url)
const names = readdirSync(new URL('bench/', root))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3))
const [name, ...rest] = process.argv.slice(2)
const run = (...command) =>
  spawnSync(process.execPath, command, { cwd: fileURLToPath(root), stdio: 'inherit' }).status ?? 1

if (name === undefined || !names.includes(name)) {
  console.error(`give the name of a benchmark: ${names.join(', ')}`)
  process.exitCode = name === undefined ? 0 : 1
} else {
  process.exitCode =
    run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.bench.json') ||
    run(`build/bench/${name}.js`, ...rest)
}
