/**
 * The optional native library: operators that the stock runtime does not have, in C (`native/`). It is built where a compiler is, by `yuksu native`, and
 * never needed: without it everything runs in float32.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { YuksuError } from '../errors.ts'

/** `[type as ONNX numbers it, data, shape]`; what the library makes has an ArrayBuffer as its data. */
export type NativeTensor = readonly [number, ArrayBufferView | ArrayBuffer, readonly number[]]

/** See `native/session.c`. */
export interface NativeLibrary {
  supported(): boolean
  open(runtime: string): void
  create(
    bytes: Uint8Array,
    inputs: readonly string[],
    outputs: readonly string[],
    options: { threads: number; keepMemory: number; spin: number; profilePrefix?: string },
  ): object
  run(
    session: object,
    inputs: readonly NativeTensor[],
    outputs: readonly (NativeTensor | null)[],
  ): NativeTensor[]
  endProfiling(session: object): string
  /** The kernel `sumOfSquares` over a memory, added up in another order. */
  sumOfSquares(memory: ArrayBufferLike, pointer: number, length: number, threads: number): number
  /** The kernel `adamw` over a memory, its numbers in the order of the kernel's own arguments. */
  adamw(memory: ArrayBufferLike, numbers: Float64Array, threads: number): void
  release(session: object): void
}

/** Beside `src` or `dist`; benchmarks are compiled a folder deeper. */
const sources = ['../../native', '../../../native']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path))!

const usualFlags = [
  '-std=gnu11',
  '-O3',
  '-fPIC',
  '-shared',
  '-pthread',
  // Its threads outlive the thread of JavaScript that loaded it.
  '-Wl,-z,nodelete',
  '-Wall',
  '-Wextra',
  ...['avx512f', 'avx512bw', 'avx512vl', 'avx512dq', 'avx512vnni', 'avx512bf16'].map((set) => `-m${set}`),
  ...['amx-tile', 'amx-bf16', 'amx-int8'].map((set) => `-m${set}`),
]

/** The place of the library that these sources build to: another one for other sources, so that an old one is never taken for it. */
async function libraryPath(flags = usualFlags): Promise<string> {
  const hash = createHash('sha256').update(flags.join(' '))
  for (const name of (await readdir(sources)).filter((one) => /\.[ch]$/.test(one)).sort())
    hash.update(name).update(await readFile(join(sources, name)))
  const digest = hash.digest('hex').slice(0, 12)
  return join(sources, 'build', `yuksu-${process.platform}-${process.arch}-${digest}.node`)
}

/**
 * Builds the library beside its sources and returns its path; one that is there already is left as it is. The compiler is `CC`, or `cc`. Throws YuksuError
 * where there is none, or this is another kind of machine than the sources are for. `more` are further flags for it.
 */
export async function buildNativeLibrary(more: readonly string[] = []): Promise<string> {
  const flags = [...usualFlags, ...more]
  const path = await libraryPath(flags)
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new YuksuError(
      'native-library',
      `the native library is for Linux on x86-64, and this is ${process.platform} on ${process.arch}; use products: float32`,
    )
  }
  if (existsSync(path)) return path
  const compiler = process.env.CC ?? 'cc'
  const { include_dir: headers } = createRequire(import.meta.url)('node-api-headers') as {
    include_dir: string
  }
  const files = (await readdir(sources)).filter((name) => name.endsWith('.c')).sort()
  const made = `${path}.${process.pid}`
  try {
    await mkdir(dirname(path), { recursive: true })
    await promisify(execFile)(compiler, [
      ...flags,
      `-I${headers}`,
      '-o',
      made,
      ...files.map((name) => join(sources, name)),
      '-ldl',
    ])
    await rename(made, path)
  } catch (error) {
    await rm(made, { force: true })
    throw new YuksuError('native-library', buildFailure(compiler, error))
  }
  return path
}

function buildFailure(compiler: string, error: unknown): string {
  const { code, stderr, message } = error as { code?: unknown; stderr?: string; message: string }
  if (code === 'ENOENT')
    return `the native library needs a C compiler, and there is no '${compiler}'; install one, or set CC to it`
  if (code === 'EACCES' || code === 'EROFS')
    return `the native library cannot be written beside its sources: ${message}`
  const first = (stderr ?? message).split('\n').find((line) => line.includes('error')) ?? message
  return `'${compiler}' could not build the native library (GCC 11 or later, or Clang 12 or later, is needed): ${first}`
}

let loaded: Promise<NativeLibrary> | undefined

/** The library, ready for sessions. Throws YuksuError with what to do where it is not built, or where this processor lacks what it uses. */
export function loadNativeLibrary(): Promise<NativeLibrary> {
  loaded ??= load()
  // Once it is built it is found, in the same process too.
  loaded.catch(() => (loaded = undefined))
  return loaded
}

async function load(): Promise<NativeLibrary> {
  const path = await libraryPath()
  if (!existsSync(path)) {
    throw new YuksuError(
      'native-library',
      'the native library is not built; run `yuksu native` once, or use products: float32',
    )
  }
  const require = createRequire(import.meta.url)
  const library = require(path) as NativeLibrary
  if (!library.supported()) {
    throw new YuksuError(
      'native-library',
      'this processor has no bfloat16 tiles (AMX) or this system does not allow them; use products: float32',
    )
  }
  const runtime = join(dirname(require.resolve('onnxruntime-node')), '..', 'bin', 'napi-v6')
  library.open(join(runtime, process.platform, process.arch, 'libonnxruntime.so.1'))
  return library
}
