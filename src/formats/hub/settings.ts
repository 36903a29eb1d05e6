import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where models come from and where they are kept, by the environment variables that Python's huggingface_hub has. */
export interface HubSettings {
  /** `HF_ENDPOINT`, without a slash at its end. */
  readonly endpoint: string
  /** `HF_HUB_CACHE`, or `hub` in `HF_HOME`, or that in the person's own cache folder. */
  readonly cache: string
  /** `HF_TOKEN`, or what logging in has left in `HF_HOME`. */
  readonly token?: string
  /** `HF_HUB_OFFLINE`: nothing is asked over the network. */
  readonly offline: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

export async function hubSettings(environment: Environment = process.env): Promise<HubSettings> {
  const given = (...names: string[]) => names.map((name) => environment[name]).find((value) => value)
  const home = inHome(
    given('HF_HOME') ?? join(given('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'huggingface'),
  )
  const token = given('HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN') ?? (await storedToken(environment, home))
  return {
    endpoint: (given('HF_ENDPOINT') ?? 'https://huggingface.co').replace(/\/+$/, ''),
    cache: inHome(given('HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE') ?? join(home, 'hub')),
    offline: isTrue(given('HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE')),
    ...(token !== undefined && { token: token.replace(/\s/g, '') }),
  }
}

async function storedToken(environment: Environment, home: string): Promise<string | undefined> {
  if (isTrue(environment.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return undefined
  const path = inHome(environment.HF_TOKEN_PATH || join(home, 'token'))
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.trim() === '' ? undefined : text
}

function isTrue(value: string | undefined): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes(value?.toUpperCase() ?? '')
}

function inHome(path: string): string {
  return path.replace(/^~(?=$|[/\\])/, homedir())
}
