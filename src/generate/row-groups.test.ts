import { describe, expect, it } from 'vitest'
import { groupRows } from './row-groups.ts'

describe('groupRows', () => {
  it('names each example once where all have the same number of neighbouring rows', () => {
    expect(groupRows([4, 4, 7, 7])).toEqual([4, 7])
    expect(groupRows([2, 0, 5])).toEqual([2, 0, 5])
  })

  it.each([
    { rows: [0, 0, 1, 2], why: 'the parts are uneven, though each row falls into its share of a third' },
    { rows: [0, 1, 1], why: 'one example has more rows' },
    { rows: [0, 1, 0, 1], why: 'rows of an example are apart' },
  ])('leaves the rows as they are where $why', ({ rows }) => {
    expect(groupRows(rows)).toEqual(rows)
  })
})
