/**
 * Does work on items, on up to `limit` at once, and gives the results in the order of the items. No more items than that are
 * taken from the source before their results are wanted, so memory does not depend on their number.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<{ item: Item; result: Result }> {
  const running: { item: Item; result: Promise<Result> }[] = []
  const next = async () => {
    const { item, result } = running.shift()!
    return { item, result: await result }
  }
  try {
    for await (const item of items) {
      const result = work(item)
      // Looked at in its turn; until then its failure is no unhandled one.
      result.catch(() => undefined)
      running.push({ item, result })
      if (running.length >= limit) yield await next()
    }
    while (running.length > 0) yield await next()
  } finally {
    await Promise.allSettled(running.map(({ result }) => result))
  }
}
