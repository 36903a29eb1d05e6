import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSafetensors, writeSafetensors, type TensorData } from '../src/formats/safetensors.ts'
import { tinyFolder } from '../src/generate/testing/tiny-folder.ts'
import { isBuilt, repository, startYuksu, untilWritten } from './command-line.ts'

/*
 * A user who gives wrong files, stops commands in the middle and fills the disk, against the built command line: each
 * mistake is one line on stderr and a status other than 0, and nothing is lost or left half written.
 */

let folder = ''
const model = 'model'

const path = (...parts: string[]) => join(folder, ...parts)
const yuksu = (...words: string[]) => startYuksu(folder, ...words).ended
const jsonLines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
const rowsOf = (file: string) =>
  readFileSync(path(file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

/** The line that a mistake is answered with: status 1, nothing on stdout, one line for a person on stderr. */
async function refusal(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await yuksu(...words)
  const isOneLine = /^yuksu: [^\n]+\n$/.test(stderr) && !stderr.includes('this was not expected')
  if (status !== 1 || stdout !== '' || !isOneLine)
    throw new Error(`not refused in one line: status ${status}, stdout ${stdout}, stderr ${stderr}`)
  return stderr
}

const rows = Array.from({ length: 40 }, (_, number) => ({
  번호: number,
  dialogue: `#Person1#: ${number}시에 만날까? #Person2#: 응 👩‍⚕️`,
  summary: `${number}시에 만나기로 했다.`,
}))
/** One line of a megabyte. */
const longText = '민수: 안녕하세요 '.repeat(50_000)

const recipe = `
output: run
data: { train: rows.jsonl, validation: scored.jsonl }
tokenizer: { vocabularySize: 300 }
model: { width: 16, encoderLayers: 1, decoderLayers: 1, heads: 2, feedForwardWidth: 16, maxPositions: 256 }
train: { maxSteps: 2, maxTokensPerBatch: 256 }
generation: { maxNewTokens: 2 }
evaluation: { language: ko }
`

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-bad-input-'))
  const tiny = await tinyFolder('encoder-decoder', { maxNewTokens: 6 })
  cpSync(tiny.folder, path(model), { recursive: true })
  await tiny.remove()
  writeFileSync(path('recipe.yaml'), recipe)
  writeFileSync(path('rows.jsonl'), jsonLines(rows))
  writeFileSync(path('scored.jsonl'), jsonLines(rows.slice(0, 2)))
  writeFileSync(path('empty.jsonl'), '')
  writeFileSync(path('other-column.jsonl'), jsonLines(rows.map(({ dialogue }) => ({ dialog: dialogue }))))
  writeFileSync(path('unanswered.jsonl'), jsonLines(rows.map((row) => ({ ...row, summary: ' ' }))))
  writeFileSync(path('broken-letters.txt'), Buffer.from([0x61, 0x0a, 0x62, 0xff, 0x0a]))
  writeFileSync(path('one.txt'), '하나\n')
  writeFileSync(path('two.txt'), '하나\n둘\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

describe.skipIf(!isBuilt)('a recipe or its files (skipped before `npm run build`)', () => {
  it.each([
    ['an unknown key', ['train.learningrate=1'], /unknown key train\.learningrate; did you mean train\.l/],
    ['a wrong type', ['train.maxSteps=many'], /train\.maxSteps is text "many"; expected a whole number/],
    ['an empty file', ['data.train=empty.jsonl'], /empty\.jsonl is empty; give/],
    ['a missing column', ['data.train=other-column.jsonl'], /no column "dialogue".* did you mean "dialog"\?/],
    ['a missing file', ['data.train=nowhere.jsonl'], /there is no file .*nowhere\.jsonl/],
    ['no usable row', ['data.train=unanswered.jsonl'], /all 40 were dropped \(missing-summary 40\)/],
  ])('refuses %s', async (name, overrides, message) => {
    expect(await refusal('run', 'recipe.yaml', `output=refused ${name}`, ...overrides)).toMatch(message)
    expect(existsSync(path(`refused ${name}`, 'model'))).toBe(false)
  })

  it('drops rows that cannot be used, counts them by reason and lists each', async () => {
    const good = jsonLines(rows.slice(0, 8))
    const bad = jsonLines([
      { dialogue: '#Person1#: 응', summary: '' },
      { dialogue: longText, summary: '길다.' },
      rows[0],
      { dialogue: '', summary: '비었다.' },
    ])
    const broken = Buffer.concat([Buffer.from('{"dialogue": "'), Buffer.from([0xff]), Buffer.from('"}\n')])
    writeFileSync(path('mixed.jsonl'), Buffer.concat([Buffer.from(good + bad), broken, Buffer.from('{\n')]))
    const { status, stdout, stderr } = await yuksu(
      'run',
      'recipe.yaml',
      'output=mixed',
      'data.train=mixed.jsonl',
      '--json',
    )
    expect({ status, stderr }).toMatchObject({ status: 0 })
    expect(stderr).toContain('8 training rows, 2 to score; 6 rows dropped: ')
    expect(JSON.parse(stdout)).toMatchObject({ model: 'mixed/model', rows: 2, steps: 2 })
    const dropped = rowsOf('mixed/dropped-rows.jsonl')
    expect(dropped.map(({ line, reason }) => [line, reason])).toEqual([
      [9, 'missing-summary'],
      [10, 'too-long'],
      [11, 'duplicate'],
      [12, 'missing-dialogue'],
      [13, 'invalid-utf8'],
      [14, 'malformed'],
    ])
    const prepared = rowsOf('mixed/events.jsonl').find(({ type }) => type === 'data-prepared')
    expect(Object.values(prepared!['dropped'] as object).reduce((sum, count) => sum + count, 0)).toBe(6)
  })
})

describe.skipIf(!isBuilt)('files to score', () => {
  it.each([
    ['counts that differ', 'two.txt', 'one.txt', /two\.txt holds 2 rows, one\.txt 1; give one prediction/],
    ['letters that are broken', 'two.txt', 'broken-letters.txt', /line 2: byte 2 of the row is not valid/],
    ['an empty file', 'empty.jsonl', 'empty.jsonl', /empty\.jsonl is empty/],
    ['other columns', 'other-column.jsonl', 'other-column.jsonl', /found the columns? dialog/],
  ])('refuses %s', async (_, references, predictions, message) => {
    const words = ['--references', references, '--predictions', predictions]
    expect(await refusal('score', 'rouge', ...words)).toMatch(message)
  })

  it('scores a line of a megabyte', async () => {
    writeFileSync(path('long.txt'), `${'Minsu: hello '.repeat(80_000)}\n`)
    const words = ['score', 'rouge', '--references', 'long.txt', '--predictions', 'one.txt', '--json']
    const { status, stdout } = await yuksu(...words)
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ rows: 1, rouge1: { f1: 0 } })
  })
})

describe.skipIf(!isBuilt)('a model folder', () => {
  const weights = (name: string) => path(name, 'model.safetensors')

  /** Writes the weights again, each tensor as `change` gives it, or without it. */
  async function rewrite(
    name: string,
    change: (tensor: TensorData) => TensorData | undefined,
  ): Promise<void> {
    const file = await openSafetensors(weights(model))
    const tensors: TensorData[] = []
    for (const tensor of file.names) {
      const { shape } = file.describe(tensor)
      const changed = change({ name: tensor, shape, data: await file.read(tensor) })
      if (changed) tensors.push(changed)
    }
    await file.close()
    await writeSafetensors(weights(name), tensors)
  }
  const query = 'model.decoder.layers.0.self_attn.q_proj.weight'

  it.each<[string, (name: string) => unknown, RegExp]>([
    [
      'a missing tensor',
      (name) => rewrite(name, (tensor) => (tensor.name === query ? undefined : tensor)),
      /no tensor '?"?model\.decoder\.layers\.0\.self_attn\.q_proj\.weight/,
    ],
    [
      'a tensor of another shape',
      (name) => rewrite(name, (tensor) => (tensor.name === query ? { ...tensor, shape: [16, 64] } : tensor)),
      /q_proj\.weight' is \[16, 64\], config\.json asks for \[32, 32\]/,
    ],
    ['weights that are cut off', (name) => truncateSync(weights(name), 20_000), /the file is cut off/],
    ['empty weights', (name) => truncateSync(weights(name), 0), /not a valid safetensors file: it has 0/],
    ['no weights', (name) => rmSync(weights(name)), /model\.safetensors/],
    ['a damaged config.json', (name) => writeFileSync(path(name, 'config.json'), '{'), /not valid JSON/],
    ['nothing in it', (name) => rmSync(path(name), { recursive: true }), /is not a model folder/],
  ])('refuses %s', async (name, damage, message) => {
    cpSync(path(model), path(name), { recursive: true })
    await damage(name)
    expect(await refusal('generate', name, '--prompt', '안녕')).toMatch(message)
  })
})

describe.skipIf(!isBuilt)('rows to write predictions for', () => {
  it.each([
    ['an empty file', 'empty.jsonl', /empty\.jsonl is empty/],
    ['a missing column', 'other-column.jsonl', /line 1 of other-column\.jsonl has no column dialogue; did/],
  ])('refuses %s before anything is written', async (name, input, message) => {
    const output = `${name}.out.jsonl`
    expect(await refusal('generate', model, '--input', input, '--output', output)).toMatch(message)
    expect(readdirSync(folder).filter((file) => file.includes(output))).toEqual([])
  })

  it('refuses a text that is longer than the model reads, a megabyte in one line too', async () => {
    writeFileSync(path('long.jsonl'), jsonLines([rows[0], { dialogue: longText }]))
    const words = ['generate', model, '--input', 'long.jsonl', '--output', 'long.out.jsonl']
    const { status, stderr } = await yuksu(...words)
    expect(status).toBe(1)
    expect(stderr).toMatch(/yuksu: [^\n]*\d+ tokens[^\n]* the model reads at most 64[^\n]*\n$/)
    expect(stderr).not.toContain('not expected')
  })

  const words = (output: string) =>
    ['generate', model, '--input', 'rows.jsonl', '--output', output, '--batch-size', '1'] as const

  it('loses and doubles no row when it is killed, then interrupted, then asked again', async () => {
    const output = 'killed.jsonl'
    const killed = startYuksu(folder, ...words(output))
    await untilWritten(path(output), /\n/, killed)
    killed.child.kill('SIGKILL')
    expect((await killed.ended).status).toBe('SIGKILL')
    expect(rowsOf(output).length).toBeLessThan(rows.length)
    // What a kill in the middle of a write leaves.
    appendFileSync(path(output), '{"번호": 9')
    const interrupted = startYuksu(folder, ...words(output))
    await untilWritten(path(output), /"번호":12,/, interrupted)
    interrupted.child.kill('SIGINT')
    const { status, stderr } = await interrupted.ended
    expect(status).toBe(130)
    expect(stderr).toContain('the same command continues')
    const [continued, whole] = [await yuksu(...words(output)), await yuksu(...words('whole.jsonl'))]
    expect([continued.status, whole.status]).toEqual([0, 0])
    const written = rowsOf(output)
    expect(written.map((row) => ({ ...row, prediction: undefined }))).toEqual(rows)
    expect(readFileSync(path(output), 'utf8')).toBe(readFileSync(path('whole.jsonl'), 'utf8'))
  })

  it('does not mix the predictions of other settings into an output', async () => {
    const output = 'settings.jsonl'
    expect(await yuksu(...words(output))).toMatchObject({ status: 0 })
    const before = readFileSync(path(output), 'utf8')
    expect(await refusal(...words(output), '--max-new-tokens', '3')).toContain('was written with options')
    expect(readFileSync(path(output), 'utf8')).toBe(before)
  })
})

describe.skipIf(!isBuilt)('Ctrl-C while training', () => {
  it('finishes the step, saves, ends with 130, and the same command continues', async () => {
    const words = ['run', 'recipe.yaml', 'output=stopped', 'train.maxSteps=40', '--json']
    const run = startYuksu(folder, ...words)
    await untilWritten(path('stopped/events.jsonl'), /"step-finished"/, run)
    run.child.kill('SIGINT')
    const { status, stdout, stderr } = await run.ended
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' })
    expect(stderr).toContain('the same command continues; once more to quit at once')
    expect(stderr).not.toMatch(/\n {4}at /)
    const files = readdirSync(path('stopped'), { recursive: true, encoding: 'utf8' })
    const checkpoint = files.find((name) => /step-\d+$/.test(name))?.split('step-')[1]
    expect(Number(checkpoint)).toBeGreaterThanOrEqual(10)
    expect(Number(checkpoint)).toBeLessThan(40)
    expect(existsSync(path('stopped/model'))).toBe(false)
    const continued = await yuksu(...words)
    expect(continued.status).toBe(0)
    expect(JSON.parse(continued.stdout)).toMatchObject({ steps: 40 })
    const resumed = rowsOf('stopped/events.jsonl').find(({ type }) => type === 'training-resumed')
    expect(resumed?.['step']).toBe(Number(checkpoint))
  })

  it('quits at once the second time, or when killed; the next start is not locked out', async () => {
    const words = ['run', 'recipe.yaml', 'output=quit', 'train.maxSteps=30', '--json']
    const quit = startYuksu(folder, ...words)
    await untilWritten(path('quit/events.jsonl'), /"training-started"/, quit)
    quit.child.kill('SIGINT')
    quit.child.kill('SIGINT')
    expect((await quit.ended).status).toBe(130)
    const killed = startYuksu(folder, ...words)
    await untilWritten(path('quit/events.jsonl'), /"step-finished"/, killed)
    killed.child.kill('SIGKILL')
    await killed.ended
    expect(await yuksu(...words)).toMatchObject({ status: 0 })
  })
})

describe.skipIf(!isBuilt)('a server', () => {
  it('answers bad requests with an error body and lives on; its port cannot be taken twice', async () => {
    const server = startYuksu(folder, 'serve', model, '--port', '0', '--json')
    const [line] = (await once(server.child.stdout!, 'data')) as [Buffer]
    const { url, model: name } = JSON.parse(String(line)) as { url: string; model: string }
    const ask = async (body: string | Uint8Array) => {
      const answer = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body: body as string })
      return { status: answer.status, ...((await answer.json()) as object) }
    }
    const request = (content: string, changes = {}) =>
      JSON.stringify({ model: name, messages: [{ role: 'user', content }], ...changes })
    expect(await ask('{"model": ')).toMatchObject({ status: 400, error: { type: 'invalid_request_error' } })
    expect(await ask(Buffer.from(request('\u00ff'), 'latin1'))).toMatchObject({
      status: 400,
      error: { message: expect.stringContaining('must be UTF-8') },
    })
    expect(await ask(request('가나다 '.repeat(500)))).toMatchObject({
      status: 400,
      error: { code: 'context_length_exceeded', param: 'messages' },
    })
    expect(await ask(request(longText))).toMatchObject({ status: 413, error: { code: 'request_too_large' } })
    expect(await ask(request('안녕', { model: 'other' }))).toMatchObject({
      status: 404,
      error: { code: 'model_not_found' },
    })
    expect(await refusal('serve', model, '--port', new URL(url).port)).toMatch(
      /port \d+ on 127\.0\.0\.1 is in use/,
    )
    expect(await ask(request('안녕'))).toMatchObject({ status: 200, object: 'chat.completion' })
    server.child.kill('SIGINT')
    expect(await server.ended).toMatchObject({ status: 0 })
  })
})

describe.skipIf(!isBuilt)('no room', () => {
  const disk = mkdtempSync(join(tmpdir(), 'yuksu-small-disk-'))
  const isMounted = mountSmallDisk(disk)
  afterAll(() => {
    if (isMounted) execFileSync('umount', ['-l', disk])
    rmSync(disk, { recursive: true })
  })

  it.skipIf(!isMounted)(
    'keeps what was written on a disk that is full, and goes on when there is room',
    async () => {
      const filler = join(disk, 'filler')
      const output = join(disk, 'out.jsonl')
      const words = ['generate', model, '--input', 'rows.jsonl', '--output', output, '--batch-size', '1']
      writeFileSync(filler, Buffer.alloc(40 << 10))
      const full = await yuksu(...words)
      expect(full.status).toBe(1)
      expect(full.stderr).toMatch(/yuksu: no room left on the disk while writing [^\n]+\n$/)
      rmSync(filler)
      expect(await yuksu(...words)).toMatchObject({ status: 0 })
      const written = readFileSync(output, 'utf8').trimEnd().split('\n')
      expect(written.map((line) => (JSON.parse(line) as { 번호: number }).번호)).toEqual([...rows.keys()])
      rmSync(output)
    },
  )

  it.skipIf(!isMounted)('leaves no part of a run behind when its model cannot be saved', async () => {
    const run = join(disk, 'run')
    const { status, stderr } = await yuksu('run', 'recipe.yaml', `output=${run}`, 'model.width=64')
    expect(status).toBe(1)
    expect(stderr).toMatch(/yuksu: no room left on the disk while writing [^\n]+\n$/)
    const left = readdirSync(run, { recursive: true, encoding: 'utf8' })
    expect(left).toContain('run.json')
    expect(left.filter((name) => /safetensors|partial|step-/.test(name))).toEqual([])
  })

  it.skipIf(!existsSync('/dev/full'))('says in one line that the answer could not be written', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [resolve(repository, 'bin/yuksu.js'), 'inspect', model, '--json'],
      { cwd: folder, stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'] },
    )
    expect(status).toBe(1)
    expect(String(stderr)).toMatch(/^yuksu: cannot write the answer to stdout: [^\n]+\n$/)
  })
})

/** A file system of some kilobytes, where the machine lets us mount one. */
function mountSmallDisk(disk: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48k', 'tmpfs', disk], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
