import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { hubSettings } from './settings.ts'

let home: string

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'yuksu-hub-settings-'))
})
afterAll(() => rmSync(home, { recursive: true }))

it.each([
  [
    {},
    { cache: join(homedir(), '.cache/huggingface/hub'), endpoint: 'https://huggingface.co', offline: false },
  ],
  [{ XDG_CACHE_HOME: '/x' }, { cache: '/x/huggingface/hub' }],
  [{ XDG_CACHE_HOME: '/x', HF_HOME: '/h' }, { cache: '/h/hub' }],
  [{ HF_HOME: '~/h' }, { cache: join(homedir(), 'h/hub') }],
  [{ HF_HOME: '/h', HUGGINGFACE_HUB_CACHE: '/old' }, { cache: '/old' }],
  [{ HF_HOME: '/h', HUGGINGFACE_HUB_CACHE: '/old', HF_HUB_CACHE: '/c' }, { cache: '/c' }],
  [{ HF_HOME: '' }, { cache: join(homedir(), '.cache/huggingface/hub') }],
  [{ HF_ENDPOINT: 'https://mirror.example//' }, { endpoint: 'https://mirror.example' }],
  [{ HF_HUB_OFFLINE: '1' }, { offline: true }],
  [{ HF_HUB_OFFLINE: 'yes' }, { offline: true }],
  [{ TRANSFORMERS_OFFLINE: 'TRUE' }, { offline: true }],
  [{ HF_HUB_OFFLINE: '0' }, { offline: false }],
])('%o means what it means to huggingface_hub', async (environment, expected) => {
  const settings = await hubSettings({ HF_HUB_DISABLE_IMPLICIT_TOKEN: '1', ...environment })
  expect(settings).toMatchObject(expected)
  expect(settings).not.toHaveProperty('token')
})

it('takes the token of the environment before the one that logging in left', async () => {
  expect(await hubSettings({ HF_HOME: home })).not.toHaveProperty('token')
  writeFileSync(join(home, 'token'), 'hf_stored\n')
  expect(await hubSettings({ HF_HOME: home })).toMatchObject({ token: 'hf_stored' })
  expect(await hubSettings({ HF_HOME: home, HF_TOKEN: ' hf_given' })).toMatchObject({ token: 'hf_given' })
  expect(await hubSettings({ HF_HOME: home, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' })).not.toHaveProperty('token')
})
