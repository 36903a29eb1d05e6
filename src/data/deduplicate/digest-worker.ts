/** A thread that makes digests of texts. */
import { serveRequests } from '../../threads/serve-requests.ts'
import { createDigester, type Digest, type DigestOptions } from './digest.ts'

await serveRequests<DigestOptions, null, readonly string[], Digest>(async (options) => {
  const digest = await createDigester(options)
  return {
    description: null,
    answer: (texts) => Promise.resolve(digest(texts)),
    transfer: (made) =>
      Object.values(made).map((numbers: Digest[keyof Digest]) => numbers.buffer as ArrayBuffer),
    close: () => Promise.resolve(),
  }
})
