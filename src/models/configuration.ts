import type { z } from 'zod'
import { YuksuError } from '../errors.ts'

/** `d_model` → `dModel`. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** Checks the part of `config.json` that a family reads. Other keys are left alone: checkpoints carry many. */
export function parseWith<Output>(schema: z.ZodType<Output>, json: unknown, family: string): Output {
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const path = issue.path.join('.')
  throw new YuksuError(
    'model-configuration',
    `config.json of a ${family} model: ${path === '' ? '' : `'${path}': `}${issue.message}`,
  )
}
