import { YuksuError } from '../errors.ts'
import type { SpecialTokenRole } from './tokenizer-json.ts'

/** What a special token with a customary spelling is for, unless the caller says otherwise. */
const customaryRoles: Readonly<Record<string, SpecialTokenRole>> = {
  '<s>': 'bos',
  '</s>': 'eos',
  '<pad>': 'pad',
  '<unk>': 'unk',
  '<mask>': 'mask',
  '<|endoftext|>': 'eos',
  '[PAD]': 'pad',
  '[UNK]': 'unk',
  '[CLS]': 'cls',
  '[SEP]': 'sep',
  '[MASK]': 'mask',
}

export type SpecialTokenRoles = Partial<Record<SpecialTokenRole, string>>

/** Checks the special tokens of a new tokenizer and settles what each is for. */
export function settleRoles(
  specialTokens: readonly string[],
  given: SpecialTokenRoles = {},
): SpecialTokenRoles {
  if (specialTokens.includes('')) {
    throw new YuksuError(
      'invalid-special-token',
      'A special token is empty; expected visible text such as "<s>".',
    )
  }
  const roles: SpecialTokenRoles = { ...given }
  for (const token of specialTokens) {
    const role = customaryRoles[token]
    if (role !== undefined) roles[role] ??= token
  }
  for (const [role, token] of Object.entries(roles)) {
    if (!specialTokens.includes(token)) {
      throw new YuksuError(
        'invalid-special-token',
        `The ${role} token ${JSON.stringify(token)} is not among the special tokens; add it to specialTokens.`,
      )
    }
  }
  return roles
}
