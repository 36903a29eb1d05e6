import { describe, expect, it } from 'vitest'
import { duplicateKey } from './duplicate-key.ts'

describe('duplicateKey', () => {
  it('finds a key twice in one object, however it is escaped and however deep', () => {
    expect(duplicateKey('{"a":1,"b":2,"a":3}')).toBe('a')
    expect(duplicateKey('{"a":1,"\\u0061":3}')).toBe('a')
    expect(duplicateKey('{"x":[{"가":1,"가":2}]}')).toBe('가')
  })

  it('takes neither values, nor keys of other objects, nor text in strings for keys', () => {
    expect(duplicateKey('{"a":"a","b":["a","a"],"c":{"a":1},"d":"{\\"a\\":1,\\"a\\":2}"}')).toBeUndefined()
    expect(duplicateKey('[{"a":1},{"a":2},"a","a"]')).toBeUndefined()
    expect(duplicateKey('{ "a" : { } , "b" : [ ] , "c\\\\" : "\\"", "c" : 1 }')).toBeUndefined()
  })
})
