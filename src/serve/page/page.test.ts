import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { LanguageModelV3 } from '@ai-sdk/provider'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createServer } from '../server.ts'
import { labels } from './labels.ts'
import { page, pageSecurityPolicy } from './page.ts'

describe('the page', () => {
  it('stands alone: no address outside of itself', () => {
    expect(page.match(/https?:\/\/(?!www\.w3\.org\/2000\/svg)[^\s'"`]+/g) ?? []).toEqual([])
    expect(page).not.toMatch(/<(script|link|img)[^>]+(src|href)="(?!data:)/)
  })

  it('allows its own script, and only that', () => {
    const script = /<script>([\s\S]*)<\/script>/.exec(page)![1]!
    const hash = createHash('sha256').update(script).digest('base64')
    expect(pageSecurityPolicy).toContain(`script-src 'sha256-${hash}';`)
  })

  it('says everything in both languages', () => {
    expect(Object.keys(labels.ko)).toEqual(Object.keys(labels.en))
    const used = [...page.matchAll(/data-label(?:-name)?="(\w+)"/g)].map((match) => match[1]!)
    expect(used.filter((name) => !Object.hasOwn(labels.en, name))).toEqual([])
  })
})

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
)

describe.skipIf(!executablePath)('the page in a browser (skipped where no Chromium is installed)', () => {
  let browser: Browser
  let url: string
  const words = '고객은 <b>램프</b>를 기다린다. 🍲 '.match(/\S+\s*/g)!
  const aborted: boolean[] = []
  /** Writes `words`, then, for a dialogue that says "slowly", nothing until it is stopped. */
  const model: LanguageModelV3 = {
    specificationVersion: 'v3',
    provider: 'test',
    modelId: 'fake',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('the page streams')),
    async doStream({ prompt, abortSignal }) {
      const text = JSON.stringify(prompt)
      if (text.includes('broken')) throw new Error('secret')
      return {
        stream: new ReadableStream({
          async start(controller) {
            for (const delta of words) controller.enqueue({ type: 'text-delta', id: '0', delta })
            if (text.includes('slowly')) {
              await new Promise((resolve) => abortSignal!.addEventListener('abort', resolve))
              aborted.push(true)
            }
            const count = { total: 41, text: 41, reasoning: 0 }
            const inputTokens = { total: 7, noCache: 7, cacheRead: 0, cacheWrite: 0 }
            controller.enqueue({
              type: 'finish',
              finishReason: { unified: 'stop', raw: undefined },
              usage: { inputTokens, outputTokens: count },
            })
            controller.close()
          },
        }),
      }
    },
  }
  const server = createServer({ models: { soup: model }, port: 0 })
  const problems: string[] = []

  async function open(locale: string): Promise<Page> {
    const tab = await browser.newPage({ locale })
    tab.on('pageerror', (error) => problems.push(error.message))
    await tab.goto(url)
    await tab.waitForFunction(() => document.querySelector<HTMLSelectElement>('#model')?.value === 'soup')
    return tab
  }
  const summaryIs = (tab: Page, text: string) =>
    tab.waitForFunction((wanted) => document.querySelector('#result')?.textContent?.trim() === wanted, text)

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] })
    url = (await server.listen()).url
  })
  afterAll(async () => {
    await browser.close()
    await server.close(0)
  })

  it('shows the summary of a pasted dialogue as text, with the token count', async () => {
    const tab = await open('ko-KR')
    expect(await tab.locator('h1').textContent()).toBe(labels.ko.title)
    await tab.fill('#dialogue', '고객: 램프가 안 왔어요.')
    await tab.keyboard.press('Control+Enter')
    await summaryIs(tab, words.join('').trim())
    await tab.waitForFunction(() => document.querySelector('#statistics')?.textContent?.includes('41'))
    await tab.selectOption('#language', 'en')
    expect(await tab.locator('h1').textContent()).toBe(labels.en.title)
    expect(await tab.locator('#statistics').textContent()).toContain('tokens/s')
  })

  it('shows words before the end, and stops the model', async () => {
    const tab = await open('en-US')
    await tab.fill('#dialogue', 'slowly')
    await tab.click('#submit')
    await summaryIs(tab, words.join('').trim())
    await tab.click('#stop')
    await tab.waitForFunction(() => document.querySelector('#statistics')?.textContent?.includes('Stopped'))
    await expect.poll(() => aborted.length).toBe(1)
  })

  it('shows errors, and takes a sample with the keyboard alone', async () => {
    const tab = await open('en-US')
    await tab.fill('#dialogue', 'broken')
    await tab.keyboard.press('Control+Enter')
    await tab.getByRole('alert').filter({ hasText: 'The server failed' }).waitFor()
    await tab.locator('.chip').first().press('Enter')
    await summaryIs(tab, words.join('').trim())
    expect(await tab.getByRole('alert').count()).toBe(0)
    expect(problems).toEqual([])
  })
})
