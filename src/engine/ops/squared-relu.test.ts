import { expect, it } from 'vitest'
import { checkUnary } from '../testing-elementwise.ts'
import { squaredRelu } from './squared-relu.ts'

it('is max(x, 0)², with its gradient', async () => {
  const { value, gradient } = await checkUnary(squaredRelu, (x) => Math.max(x, 0) ** 2, { scale: 3 })
  expect(value).toBeLessThan(1e-6)
  expect(gradient).toBeLessThan(1e-4)
})
