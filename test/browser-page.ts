import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { Program } from '../src/engine/lowering.ts'
import type { HostTensor } from '../src/engine/session.ts'
import { codeBlocks } from './markdown.ts'

const root = resolve(import.meta.dirname, '..')

/** Where Chromium is installed; undefined where it is not. */
export const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
)

type Values = Readonly<Record<string, HostTensor>>

/** A tensor on its way between Node and the page. */
interface Packed {
  readonly name: string
  readonly dtype: HostTensor['dtype']
  readonly shape: readonly number[]
  readonly base64: string
}

/** By the type of a tensor. The page can see nothing of this file, so that each side has its own. */
type Arrays = Readonly<Record<string, new (buffer: ArrayBuffer) => HostTensor['data']>>

/** What the page offers: the code that the documentation shows, and the memories that the runtime made. */
interface PageScope {
  openProgram(address: string): Promise<{ run(feeds: Values): Promise<Values>; release(): Promise<void> }>
  readonly memories: readonly WebAssembly.Memory[]
}

const page = `<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<script>
  globalThis.memories = []
  WebAssembly.Memory = class extends WebAssembly.Memory {
    constructor(descriptor) {
      super(descriptor)
      memories.push(this)
    }
  }
</script>
<script type="importmap">
  { "imports": { "onnxruntime-web/wasm": "./ort.wasm.bundle.min.mjs" } }
</script>
<script type="module" src="./documented.js"></script>`

/** The one block of JavaScript in the documentation: how a browser runs a program, with an example. */
export async function documentedCode(): Promise<string> {
  const shown = codeBlocks(await readFile(join(root, 'docs/architecture.md'), 'utf8'))
  const [block, ...others] = shown.filter(({ language }) => language === 'js')
  if (block === undefined || others.length > 0)
    throw new Error('one block of js was expected in docs/architecture.md')
  return block.text
}

/** A page in headless Chromium that runs programs by onnxruntime-web on one thread, from a server of its own. */
export class BrowserPage {
  /** What the page wrote to its console. */
  readonly messages: string[] = []
  /** What went wrong in the page, and what it asked its server for in vain. */
  readonly problems: string[] = []
  private readonly programs = new Map<string, Program>()
  private server: Server | undefined
  private browser: Browser | undefined
  private tab: Page | undefined

  /** Runs the code of the documentation, whose example is the program given. */
  async open(executablePath: string, example: Program): Promise<void> {
    this.programs.set('/loss.onnx', example)
    const code = `${await documentedCode()}\nglobalThis.openProgram = openProgram`
    this.server = createServer(async (request, response) => {
      const found = await this.find(request.url ?? '/', code)
      if (found === undefined) this.problems.push(`there is no ${request.url}`)
      response.writeHead(found === undefined ? 404 : 200, { 'content-type': found?.type ?? 'text/plain' })
      response.end(found?.content)
    })
    await new Promise<void>((ready) => this.server!.listen(0, '127.0.0.1', ready))
    const { port } = this.server.address() as AddressInfo
    this.browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
    this.tab = await this.browser.newPage()
    this.tab.on('pageerror', ({ message }) => this.problems.push(message))
    this.tab.on('console', (message) => this.messages.push(message.text()))
    const failed = new Promise((_, reject) => this.tab!.once('pageerror', reject))
    await this.tab.goto(`http://127.0.0.1:${port}/`)
    await Promise.race([failed, this.tab.waitForFunction(() => 'openProgram' in globalThis)])
  }

  async close(): Promise<void> {
    await this.browser?.close()
    await new Promise((closed) => (this.server === undefined ? closed(null) : this.server.close(closed)))
  }

  /** Opens a program, runs it on all the feeds, `times` over, releases it and gives the outputs of its last runs. */
  async run(program: Program, feeds: readonly Values[], times = 1): Promise<Record<string, HostTensor>[]> {
    const address = `/${this.programs.size}.onnx`
    this.programs.set(address, program)
    const packed = feeds.map((values) => pack(program, values))
    const results = await this.tab!.evaluate(runInPage, { address, feeds: packed, times })
    return results.map((outputs) => Object.fromEntries(outputs.map((value) => [value.name, unpack(value)])))
  }

  /** The bytes of all memories of the runtime. They never shrink. */
  async memoryBytes(): Promise<number> {
    return this.tab!.evaluate(() => {
      const { memories } = globalThis as unknown as PageScope
      return memories.reduce((total, { buffer }) => total + buffer.byteLength, 0)
    })
  }

  private async find(
    url: string,
    code: string,
  ): Promise<{ type: string; content: string | Uint8Array } | undefined> {
    if (url === '/') return { type: 'text/html', content: page }
    if (url === '/documented.js') return { type: 'text/javascript', content: code }
    const program = this.programs.get(url)
    if (program !== undefined) return { type: 'application/octet-stream', content: program.bytes }
    const [name, extension] = /^\/[\w.-]+\.(mjs|wasm)$/.exec(url) ?? []
    const path = join(root, 'node_modules/onnxruntime-web/dist', name ?? '')
    if (name === undefined || !existsSync(path)) return undefined
    return {
      type: extension === 'mjs' ? 'text/javascript' : 'application/wasm',
      content: await readFile(path),
    }
  }
}

function pack(program: Program, values: Values): Packed[] {
  return program.inputs.map(({ name }) => {
    const { dtype, shape, data } = values[name]!
    const base64 = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')
    return { name, dtype, shape, base64 }
  })
}

function unpack({ dtype, shape, base64 }: Packed): HostTensor {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'))
  const arrays: Arrays = { float32: Float32Array, int64: BigInt64Array, int32: Int32Array, bool: Uint8Array }
  return { dtype, shape, data: new arrays[dtype]!(bytes.buffer) }
}

/** Runs in the page, which sees nothing of what stands around it here. */
async function runInPage(asked: {
  readonly address: string
  readonly feeds: readonly (readonly Packed[])[]
  readonly times: number
}): Promise<Packed[][]> {
  const arrays: Arrays = { float32: Float32Array, int64: BigInt64Array, int32: Int32Array, bool: Uint8Array }
  const { openProgram } = globalThis as unknown as PageScope
  const results: Packed[][] = []
  for (let time = 0; time < asked.times; time++) {
    const program = await openProgram(asked.address)
    results.length = 0
    for (const packed of asked.feeds) {
      const feeds = packed.map(({ name, dtype, shape, base64 }) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
        return [name, { dtype, shape, data: new arrays[dtype]!(bytes.buffer) }] as const
      })
      const outputs = await program.run(Object.fromEntries(feeds))
      results.push(
        Object.entries(outputs).map(([name, { dtype, shape, data }]) => {
          let letters = ''
          for (const byte of new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
            letters += String.fromCharCode(byte)
          return { name, dtype, shape, base64: btoa(letters) }
        }),
      )
    }
    await program.release()
  }
  return results
}
