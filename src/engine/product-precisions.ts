/**
 * What products of matrices are computed in. `float32` is the runtime's own. The others are the native library's (`yuksu native`): operands are
 * rounded to bfloat16, or written as sums of two or three numbers of bfloat16, which takes three or six products and keeps 16 or all 24 bits. (XLA
 * calls them BF16_BF16_F32, …_X3 and …_X6; PyTorch's float32 precisions `medium`, `high` and `highest` are alike.) In `int8x6` they are whole numbers of 24 bits
 * for each row over some hundred numbers of the sum, of three digits, which takes six products of int8. Sums are of float32 always.
 */
export const productPrecisions = ['float32', 'bfloat16', 'bfloat16x3', 'bfloat16x6', 'int8x6'] as const

export type ProductPrecision = (typeof productPrecisions)[number]
