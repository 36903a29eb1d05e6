// Compiles the AssemblyScript kernels into one module of text, so that they need no file at run time and run in a browser.
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { main } from 'assemblyscript/asc'

const folder = new URL('../src/engine/kernels/', import.meta.url)
const source = await readFile(new URL('assembly/kernels.ts', folder), 'utf8')

export async function compileKernels() {
  const outputs = {}
  const { error, stderr } = await main(
    [
      'kernels.ts',
      '--outFile',
      'kernels.wasm',
      '--runtime',
      'stub',
      '--enable',
      'simd',
      '--importMemory',
      '--noExportMemory',
      '--memoryBase',
      '0',
      '-O3',
      '--noAssert',
    ],
    {
      readFile: (name) => (name === 'kernels.ts' ? source : null),
      writeFile: (name, contents) => {
        outputs[name] = contents
      },
      listFiles: () => [],
    },
  )
  if (error) throw new Error(stderr.toString())
  const base64 = Buffer.from(outputs['kernels.wasm']).toString('base64')
  return `// Made by \`npm run kernels\` from assembly/kernels.ts. Do not edit.\nexport const kernelsBase64 =\n  '${base64}'\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(new URL('kernels.generated.ts', folder), await compileKernels())
}
