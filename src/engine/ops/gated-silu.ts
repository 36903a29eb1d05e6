import { shapeError } from '../call-site.ts'
import { formatShape, sameShape } from '../dimension.ts'
import { tileFormat } from '../native-products.ts'
import { microsoft, nativeDomain } from '../onnx.ts'
import type { Lowering } from '../lowering.ts'
import { record, recordOne, type Tensor } from '../tensor.ts'

/**
 * y = silu(gate) · up, both of one shape: the gated unit of Llama's feed-forward block (Shazeer, 2020, "GLU variants improve transformer"). With σ = σ(gate),
 * dgate = dy · up · (σ + silu(gate) · (1 − σ)) and dup = dy · silu(gate), which is computed once more: no product with the gate is kept.
 */
export function gatedSilu(gate: Tensor, up: Tensor): Tensor {
  if (!sameShape(gate.shape, up.shape)) {
    throw shapeError(`gatedSilu: a gate of ${formatShape(gate.shape)} does not fit ${formatShape(up.shape)}`)
  }
  return recordOne({
    name: 'gatedSilu',
    inputs: [gate, up],
    output: { shape: up.shape, dtype: up.dtype },
    lower(lowering, [gateName, upName], outputs) {
      if (tileFormat(lowering.precision) === undefined)
        lowering.emit('Mul', [emitSilu(lowering, gateName!), upName!], { outputs })
      else lowering.emit('GatedSilu', [gateName!, upName!], { outputs, domain: nativeDomain })
    },
    gradient: ({ gradients: [dy] }) => gatedSiluGradient(dy!, gate, up),
  })
}

function gatedSiluGradient(dy: Tensor, gate: Tensor, up: Tensor): readonly Tensor[] {
  return record({
    name: 'gatedSiluGradient',
    inputs: [dy, gate, up],
    outputs: [gate, up].map(({ shape, dtype }) => ({ shape, dtype })),
    lower(lowering, inputs, outputs) {
      if (tileFormat(lowering.precision) !== undefined) {
        lowering.emit('GatedSiluGradient', inputs, { outputs, domain: nativeDomain })
        return
      }
      const [flow, gateName, upName] = inputs
      const [ofGate, ofUp] = outputs
      const activated = emitSilu(lowering, gateName!)
      const sigmoid = lowering.emit('Sigmoid', [gateName!])
      const rest = lowering.emit('Mul', [activated, lowering.emit('Sub', [lowering.float(1), sigmoid])])
      const slope = lowering.emit('Add', [sigmoid, rest])
      lowering.emit('Mul', [lowering.emit('Mul', [flow!, upName!]), slope], { outputs: [ofGate!] })
      lowering.emit('Mul', [flow!, activated], { outputs: [ofUp!] })
    },
  })
}

function emitSilu(lowering: Lowering, x: string): string {
  return lowering.emit('QuickGelu', [x], { domain: microsoft, attributes: { alpha: { float: 1 } } })
}
