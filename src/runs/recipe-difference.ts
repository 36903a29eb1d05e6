/** One place where two recipes differ: dotted key, both values; undefined where it is absent. */
export interface Difference {
  readonly key: string
  readonly before: unknown
  readonly after: unknown
}

/** Where two values of JSON differ, in the order of their keys, each list as one value. */
export function differences(before: unknown, after: unknown, key = ''): Difference[] {
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return keys.flatMap((name) =>
      differences(before[name], after[name], key === '' ? name : `${key}.${name}`),
    )
  }
  return sameJson(before, after) ? [] : [{ key, before, after }]
}

function sameJson(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => differences(item, b[i]).length === 0)
  }
  return a === b
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
