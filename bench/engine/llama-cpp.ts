/**
 * llama.cpp's side of `bench/engine.ts`, through node-llama-cpp: writes a GGUF file of random weights and decodes with it.
 *
 *     node llama-cpp.js WORKLOAD f32|q4_0        YUKSU_LLAMA_CPP: a folder in which node-llama-cpp is installed
 */
import { createRequire } from 'node:module'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { serveWork } from './contender.ts'
import type { LlamaSizes, Workload } from './workloads.ts'

const alignment = 32
const types = { f32: 0, q4_0: 2 } as const
type TensorFormat = keyof typeof types

/** The little that is used of it. */
interface LlamaModule {
  getLlama(options: object): Promise<{
    loadModel(options: object): Promise<{
      createContext(options: object): Promise<{
        getSequence(): {
          evaluate(tokens: number[], options: object): AsyncGenerator<number>
          clearHistory(): Promise<void>
        }
      }>
    }>
  }>
}

class Writer {
  private readonly parts: Buffer[] = []
  length = 0

  bytes(part: Buffer): this {
    this.parts.push(part)
    this.length += part.length
    return this
  }
  u32(value: number): this {
    const part = Buffer.alloc(4)
    part.writeUInt32LE(value)
    return this.bytes(part)
  }
  u64(value: number): this {
    const part = Buffer.alloc(8)
    part.writeBigUInt64LE(BigInt(value))
    return this.bytes(part)
  }
  f32(value: number): this {
    const part = Buffer.alloc(4)
    part.writeFloatLE(value)
    return this.bytes(part)
  }
  text(value: string): this {
    const part = Buffer.from(value)
    return this.u64(part.length).bytes(part)
  }
  pad(): this {
    return this.bytes(Buffer.alloc((alignment - (this.length % alignment)) % alignment))
  }
  finish(): Buffer {
    return Buffer.concat(this.parts)
  }
}

/** Random numbers of a weight's size; in q4_0 blocks of 32: a scale of 16 bits, then 32 nibbles. */
function values(count: number, format: TensorFormat): Buffer {
  if (format === 'f32') {
    const data = Float32Array.from({ length: count }, () => (Math.random() - 0.5) * 0.07)
    return Buffer.from(data.buffer)
  }
  const blocks = Buffer.alloc((count / 32) * 18)
  for (let at = 0; at < blocks.length; at++) blocks[at] = Math.floor(Math.random() * 256)
  // 0.005 as a half.
  for (let at = 0; at < blocks.length; at += 18) blocks.writeUInt16LE(0x1d1f, at)
  return blocks
}

function gguf(sizes: LlamaSizes, context: number, format: TensorFormat): Buffer {
  const { layers, width, heads, feedForwardWidth, vocabularySize } = sizes
  const tensors: { name: string; shape: number[]; format: TensorFormat }[] = []
  const matrix = (name: string, inner: number, out: number) =>
    tensors.push({ name: `${name}.weight`, shape: [inner, out], format })
  const plain = (name: string, ...shape: number[]) =>
    tensors.push({ name: `${name}.weight`, shape, format: 'f32' })
  plain('token_embd', width, vocabularySize)
  for (let layer = 0; layer < layers; layer++) {
    plain(`blk.${layer}.attn_norm`, width)
    for (const name of ['attn_q', 'attn_k', 'attn_v', 'attn_output'])
      matrix(`blk.${layer}.${name}`, width, width)
    plain(`blk.${layer}.ffn_norm`, width)
    matrix(`blk.${layer}.ffn_gate`, width, feedForwardWidth)
    matrix(`blk.${layer}.ffn_up`, width, feedForwardWidth)
    matrix(`blk.${layer}.ffn_down`, feedForwardWidth, width)
  }
  plain('output_norm', width)
  matrix('output', width, vocabularySize)

  const numbers: [string, number][] = [
    ['llama.block_count', layers],
    ['llama.context_length', context],
    ['llama.embedding_length', width],
    ['llama.feed_forward_length', feedForwardWidth],
    ['llama.attention.head_count', heads],
    ['llama.attention.head_count_kv', heads],
    ['llama.rope.dimension_count', width / heads],
    ['llama.vocab_size', vocabularySize],
    ['tokenizer.ggml.bos_token_id', 1],
    ['tokenizer.ggml.eos_token_id', 2],
  ]
  const [u32Type, f32Type, stringType, arrayType, i32Type] = [4, 6, 8, 9, 5]
  const writer = new Writer().bytes(Buffer.from('GGUF')).u32(3).u64(tensors.length)
  writer.u64(numbers.length + 7)
  writer.text('general.architecture').u32(stringType).text('llama')
  for (const [name, value] of numbers) writer.text(name).u32(u32Type).u32(value)
  writer.text('llama.attention.layer_norm_rms_epsilon').u32(f32Type).f32(1e-5)
  // A vocabulary that nothing reads: llama.cpp opens no model without one.
  const special = ['<unk>', '<s>', '</s>']
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  )
  const first = [...special, ...bytes]
  const words = Array.from({ length: vocabularySize }, (_, id) => first[id] ?? `w${id}`)
  const [normal, unknown, control, byte] = [1, 2, 3, 6]
  const kind = (id: number) =>
    id === 0 ? unknown : id < special.length ? control : id < first.length ? byte : normal
  writer.text('tokenizer.ggml.model').u32(stringType).text('llama')
  writer.text('tokenizer.ggml.tokens').u32(arrayType).u32(stringType).u64(words.length)
  for (const word of words) writer.text(word)
  writer.text('tokenizer.ggml.scores').u32(arrayType).u32(f32Type).u64(words.length)
  for (const [id] of words.entries()) writer.f32(-id)
  writer.text('tokenizer.ggml.token_type').u32(arrayType).u32(i32Type).u64(words.length)
  for (const [id] of words.entries()) writer.u32(kind(id)!)
  writer.text('general.alignment').u32(u32Type).u32(alignment)
  const data = tensors.map(({ shape, format }) =>
    values(
      shape.reduce((total, size) => total * size, 1),
      format,
    ),
  )
  let offset = 0
  for (const [index, { name, shape, format }] of tensors.entries()) {
    writer.text(name).u32(shape.length)
    for (const size of shape) writer.u64(size)
    writer.u32(types[format]).u64(offset)
    offset += Math.ceil(data[index]!.length / alignment) * alignment
  }
  writer.pad()
  for (const part of data) writer.bytes(part).pad()
  return writer.finish()
}

async function main(workload: Workload & { kind: 'decode' }, format: TensorFormat): Promise<void> {
  const { sizes, prompt, tokens } = workload
  const installed = createRequire(join(resolve(process.env.YUKSU_LLAMA_CPP ?? '.'), 'package.json'))
  const path = pathToFileURL(installed.resolve('node-llama-cpp')).href
  const { getLlama } = (await import(path)) as LlamaModule
  const folder = mkdtempSync(join(tmpdir(), 'yuksu-gguf-'))
  try {
    const file = join(folder, 'model.gguf')
    writeFileSync(file, gguf(sizes, 512, format))
    const llama = await getLlama({ gpu: false, build: 'never', maxThreads: 2, logLevel: 'error' })
    const model = await llama.loadModel({ modelPath: file })
    const context = await model.createContext({ contextSize: 512, sequences: 1, threads: 2 })
    const sequence = context.getSequence()
    const ids = Array.from(
      { length: prompt },
      (_, index) => 3 + ((index * 7919) % (sizes.vocabularySize - 3)),
    )
    await serveWork(async () => {
      await sequence.clearHistory()
      let began = 0
      let written = 0
      const text = sequence.evaluate(ids, { temperature: 0, yieldEogToken: true })
      while (!(await text.next()).done) {
        // The first comes of reading the prompt.
        if (written === 0) began = performance.now()
        if (++written === tokens) break
      }
      await text.return(undefined)
      return { seconds: (performance.now() - began) / 1000 }
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

await main(JSON.parse(process.argv[2]!) as Workload & { kind: 'decode' }, process.argv[3] as TensorFormat)
process.exit(0)
