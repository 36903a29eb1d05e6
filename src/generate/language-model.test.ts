import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LanguageModelV3CallOptions, LanguageModelV3StreamPart } from '@ai-sdk/provider'
import { generateText, streamText } from 'ai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadTokenizer } from '../tokenizers/load-tokenizer.ts'
import { languageModel, type OpenLanguageModel } from './language-model.ts'
import { openTextModel } from './text-model.ts'
import { openTextWriter } from './text-writer.ts'
import { tinyFolder, type TinyFolder } from './testing/tiny-folder.ts'

const dialogue = '#Person1#: 내일 병원에 가? #Person2#: 응, 아침에.'

function asking(text: string, more: Partial<LanguageModelV3CallOptions> = {}): LanguageModelV3CallOptions {
  return { prompt: [{ role: 'user', content: [{ type: 'text', text }] }], ...more }
}

/** `lib.dom` does not know that a stream can be iterated. */
function partsOf(
  stream: ReadableStream<LanguageModelV3StreamPart>,
): AsyncIterable<LanguageModelV3StreamPart> {
  return stream as unknown as AsyncIterable<LanguageModelV3StreamPart>
}

async function streamed(model: OpenLanguageModel, call: LanguageModelV3CallOptions) {
  const { stream } = await model.doStream(call)
  const parts: LanguageModelV3StreamPart[] = []
  for await (const part of partsOf(stream)) parts.push(part)
  const deltas = parts.flatMap((part) => (part.type === 'text-delta' ? [part.delta] : []))
  return { parts, deltas, text: deltas.join('') }
}

async function answered(model: OpenLanguageModel, call: LanguageModelV3CallOptions) {
  const result = await model.doGenerate(call)
  const [part] = result.content
  return { ...result, text: part?.type === 'text' ? part.text : undefined }
}

let tiny: TinyFolder
let model: OpenLanguageModel
beforeAll(async () => {
  tiny = await tinyFolder('encoder-decoder')
  model = languageModel(await openTextWriter(tiny.folder), 'tiny')
})
afterAll(async () => {
  await model.close()
  await tiny.remove()
})

describe('an encoder–decoder as a chat model', () => {
  it('writes what generate writes for the last user message, streamed or not', async () => {
    const texts = await openTextModel(tiny.folder)
    const [expected] = await texts.write([dialogue], { decoderStartTokenId: 2, eosTokenId: 2 })
    await texts.release()
    const whole = await answered(model, asking(dialogue))
    expect(whole.text).toBe(expected!.text)
    expect(whole.text).not.toBe('')
    expect(whole.usage.inputTokens.total).toBe(expected!.inputTokens)
    expect(whole.usage.outputTokens.total).toBe(expected!.outputTokens)
    expect(whole.finishReason.unified).toBe(expected!.finishReason)
    const { parts, deltas, text } = await streamed(model, asking(dialogue))
    expect(text).toBe(expected!.text)
    expect(deltas.length).toBeGreaterThan(2)
    expect(parts.at(-1)).toEqual({ type: 'finish', finishReason: whole.finishReason, usage: whole.usage })
    expect(parts.map(({ type }) => type).filter((type) => type !== 'text-delta')).toEqual([
      'stream-start',
      'response-metadata',
      'text-start',
      'text-end',
      'finish',
    ])
  })

  it('reads decomposed jamo as syllables', async () => {
    const composed = await answered(model, asking(dialogue))
    const decomposed = await answered(model, asking(dialogue.normalize('NFD')))
    expect(decomposed.text).toBe(composed.text)
    expect(decomposed.usage).toEqual(composed.usage)
  })

  it('gives the answer of beams in words when it streams', async () => {
    const beams = asking(dialogue, { providerOptions: { yuksu: { numBeams: 3, maxNewTokens: 9 } } })
    const whole = await answered(model, beams)
    const { text, deltas } = await streamed(model, beams)
    expect(text).toBe(whole.text)
    expect(deltas.every((delta) => /^\s*\S+\s*$/.test(delta))).toBe(true)
    expect(text).not.toBe((await answered(model, asking(dialogue))).text)
  })

  it('cuts at a stop sequence, streamed or not, with beams or without', async () => {
    for (const numBeams of [1, 2]) {
      const providerOptions = { yuksu: { numBeams } }
      const { text } = await answered(model, asking(dialogue, { providerOptions }))
      const stop = [...text!].slice(2, 4).join('')
      const call = asking(dialogue, { providerOptions, stopSequences: [stop] })
      const whole = await answered(model, call)
      expect(whole.text).toBe(text!.slice(0, text!.indexOf(stop)))
      expect(whole.finishReason).toEqual({ unified: 'stop', raw: 'stop-sequence' })
      expect((await streamed(model, call)).text).toBe(whole.text)
    }
  })

  it('stops making tokens at a stop sequence', async () => {
    const all = await answered(model, asking(dialogue))
    const stop = [...all.text!][1]!
    const cut = await answered(model, asking(dialogue, { stopSequences: [stop] }))
    expect(cut.usage.outputTokens.total).toBeLessThan(all.usage.outputTokens.total!)
  })

  it('draws by temperature, repeatably by seed, and not at temperature 0', async () => {
    const usual = await answered(model, asking(dialogue))
    const draw = (seed: number) => answered(model, asking(dialogue, { temperature: 1.5, seed }))
    const [first, again, other] = [await draw(-3), await draw(-3), await draw(4)]
    expect(again.text).toBe(first.text)
    expect(other.text).not.toBe(first.text)
    expect((await answered(model, asking(dialogue, { temperature: 0 }))).text).toBe(usual.text)
    // The likeliest token alone.
    expect((await answered(model, asking(dialogue, { temperature: 1, topP: 0 }))).text).toBe(usual.text)
    expect((await answered(model, asking(dialogue, { temperature: 1, topK: 1 }))).text).toBe(usual.text)
  })

  it('ends at maxOutputTokens, or where the model has no more room', async () => {
    const three = await answered(model, asking(dialogue, { maxOutputTokens: 3 }))
    expect(three.usage.outputTokens.total).toBe(3)
    expect(three.finishReason.unified).toBe('length')
    const most = await answered(model, asking(dialogue, { maxOutputTokens: 100_000 }))
    expect(most.usage.outputTokens.total).toBeLessThanOrEqual(64)
  })

  it('warns of what has no effect', async () => {
    const { warnings, text } = await answered(
      model,
      asking(dialogue, {
        prompt: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: [{ type: 'text', text: 'before' }] },
          { role: 'assistant', content: [{ type: 'text', text: 'answer' }] },
          { role: 'user', content: [{ type: 'text', text: dialogue }] },
        ],
        presencePenalty: 1,
        frequencyPenalty: 1,
        topP: 0.5,
      }),
    )
    expect(warnings.map((warning) => warning.type === 'unsupported' && warning.feature)).toEqual([
      'presencePenalty',
      'frequencyPenalty',
      'system messages',
      'earlier messages',
      'topP',
    ])
    const plain = await answered(model, asking(dialogue, { topP: 1 }))
    expect(plain).toMatchObject({ warnings: [], text })
  })

  it.each([
    ['a text beyond its positions', asking('가나 '.repeat(100)), 'context-length-exceeded'],
    ['an empty text', asking(' \n'), 'invalid-prompt'],
    ['no user message', { prompt: [{ role: 'system', content: 'hi' }] }, 'invalid-prompt'],
    ['structured output', asking('hi', { responseFormat: { type: 'json' } }), 'unsupported-setting'],
    [
      'a picture',
      { prompt: [{ role: 'user', content: [{ type: 'file', data: 'AA==', mediaType: 'image/png' }] }] },
      'invalid-prompt',
    ],
    ['an unknown option', asking('hi', { providerOptions: { yuksu: { beams: 4 } } }), 'unsupported-setting'],
  ] as const)('refuses %s', async (_, call, code) => {
    await expect(model.doGenerate(call as LanguageModelV3CallOptions)).rejects.toMatchObject({ code })
  })

  it('stops between two tokens when it is aborted', async () => {
    const abort = new AbortController()
    const { stream } = await model.doStream(asking(dialogue, { abortSignal: abort.signal }))
    let pieces = 0
    await expect(async () => {
      for await (const part of partsOf(stream)) {
        if (part.type !== 'text-delta') continue
        pieces += 1
        abort.abort(new Error('enough'))
      }
    }).rejects.toThrow('enough')
    expect(pieces).toBe(1)
    expect((await answered(model, asking(dialogue))).text).not.toBe('')
  })

  it('answers calls at the same time as it answers each alone', async () => {
    const alone = await answered(model, asking(dialogue))
    const other = await answered(model, asking('지은: 회의는 세 시예요.'))
    const both = await Promise.all([
      answered(model, asking(dialogue)),
      answered(model, asking('지은: 회의는 세 시예요.')),
    ])
    expect(both.map(({ text }) => text)).toEqual([alone.text, other.text])
  })

  it('works with the AI SDK', async () => {
    const { text } = await answered(model, asking(dialogue))
    const { text: whole, usage } = await generateText({ model, prompt: dialogue })
    expect(whole).toBe(text)
    expect(usage.outputTokens).toBeGreaterThan(0)
    expect(await streamText({ model, prompt: dialogue }).text).toBe(text)
  })
})

describe('a decoder-only chat model', () => {
  let decoder: TinyFolder
  beforeAll(async () => {
    decoder = await tinyFolder('decoder', { maxNewTokens: 8 })
  })
  afterAll(() => decoder.remove())

  const conversation: LanguageModelV3CallOptions = {
    prompt: [
      { role: 'system', content: '짧게.' },
      { role: 'user', content: [{ type: 'text', text: '안녕' }] },
    ],
  }

  it('continues all texts in lines where there is no chat template', async () => {
    const plain = languageModel(await openTextWriter(decoder.folder), 'plain')
    const result = await answered(plain, conversation)
    const one = await answered(plain, asking('짧게.\n안녕'))
    await plain.close()
    expect(result.text).toBe(one.text)
    expect(result.usage).toEqual(one.usage)
    const tokenizer = await loadTokenizer(decoder.folder)
    const ids = tokenizer.encode('짧게.\n안녕', { addSpecialTokens: true })
    // The text goes on, so its prompt does not end with the end of text.
    expect(result.usage.inputTokens.total).toBe(ids.length - (ids.at(-1) === 2 ? 1 : 0))
    expect(result.warnings).toEqual([])
  })

  it('writes the conversation by the chat template, its special tokens once', async () => {
    const template =
      "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}{% if messages[0].role == 'assistant' %}{{ raise_exception('user first') }}{% endif %}"
    writeFileSync(join(decoder.folder, 'chat_template.jinja'), template)
    const chat = languageModel(await openTextWriter(decoder.folder), 'chat')
    const { usage } = await answered(chat, conversation)
    const tokenizer = await loadTokenizer(decoder.folder)
    const expected = tokenizer.encode('<s>[system] 짧게.\n[user] 안녕\n[assistant]')
    expect(usage.inputTokens.total).toBe(expected.length)
    const refused = chat.doGenerate({
      prompt: [{ role: 'assistant', content: [{ type: 'text', text: 'hi' }] }],
    })
    await expect(refused).rejects.toMatchObject({
      code: 'invalid-prompt',
      message: expect.stringContaining('user first') as string,
    })
    await chat.close()
  })

  it('refuses a prompt that leaves no room', async () => {
    const plain = languageModel(await openTextWriter(decoder.folder), 'plain')
    await expect(plain.doGenerate(asking('안녕하세요 '.repeat(60)))).rejects.toMatchObject({
      code: 'context-length-exceeded',
    })
    await plain.close()
  })
})
