import { shapeError } from '../call-site.ts'
import { formatShape, sameShape } from '../dimension.ts'
import { tileFormat } from '../native-products.ts'
import { microsoft, nativeDomain } from '../onnx.ts'
import { record, type Tensor } from '../tensor.ts'

/**
 * y = silu(gate) · up, both of one shape: the gated unit of Llama's feed-forward block (Shazeer, 2020, "GLU variants improve transformer"). With σ = σ(gate),
 * dgate = dy · up · (σ + silu(gate) · (1 − σ)) and dup = dy · silu(gate). The native library computes silu(gate) once more for that; the stock runtime keeps it.
 */
export function gatedSilu(gate: Tensor, up: Tensor): Tensor {
  if (!sameShape(gate.shape, up.shape)) {
    throw shapeError(`gatedSilu: a gate of ${formatShape(gate.shape)} does not fit ${formatShape(up.shape)}`)
  }
  const [y] = record({
    name: 'gatedSilu',
    inputs: [gate, up],
    outputs: [up, gate].map(({ shape, dtype }) => ({ shape, dtype })),
    lower(lowering, [gateName, upName], [product, activated]) {
      if (tileFormat(lowering.precision) !== undefined) {
        lowering.emit('GatedSilu', [gateName!, upName!], { outputs: [product!], domain: nativeDomain })
        return
      }
      lowering.emit('QuickGelu', [gateName!], {
        outputs: [activated!],
        domain: microsoft,
        attributes: { alpha: { float: 1 } },
      })
      lowering.emit('Mul', [activated!, upName!], { outputs: [product!] })
    },
    gradient: ({ gradients: [dy], outputs: [, activated] }) =>
      gatedSiluGradient({ dy: dy!, gate, up, activated: activated! }),
  })
  return y!
}

function gatedSiluGradient(given: Record<'dy' | 'gate' | 'up' | 'activated', Tensor>): readonly Tensor[] {
  const { dy, gate, up, activated } = given
  return record({
    name: 'gatedSiluGradient',
    inputs: [dy, gate, up, activated],
    outputs: [gate, up].map(({ shape, dtype }) => ({ shape, dtype })),
    lower(lowering, [flow, gateName, upName, kept], [ofGate, ofUp]) {
      if (tileFormat(lowering.precision) !== undefined) {
        const outputs = [ofGate!, ofUp!]
        lowering.emit('GatedSiluGradient', [flow!, gateName!, upName!], { outputs, domain: nativeDomain })
        return
      }
      const sigmoid = lowering.emit('Sigmoid', [gateName!])
      const rest = lowering.emit('Mul', [kept!, lowering.emit('Sub', [lowering.float(1), sigmoid])])
      const slope = lowering.emit('Add', [sigmoid, rest])
      lowering.emit('Mul', [lowering.emit('Mul', [flow!, upName!]), slope], { outputs: [ofGate!] })
      lowering.emit('Mul', [flow!, kept!], { outputs: [ofUp!] })
    },
  })
}
