/** A thread that finds the pairs of one band after another. */
import { serveRequests } from '../../threads/serve-requests.ts'
import { createSearch, type SearchOptions, type SetPairs } from './search.ts'

await serveRequests<SearchOptions, null, number, SetPairs>((options) => {
  const search = createSearch(options)
  return Promise.resolve({
    description: null,
    answer: (band) => Promise.resolve(search(band)),
    close: () => Promise.resolve(),
  })
})
