/**
 * Which of two halves a text belongs to, by its content, so that copies of it belong to the same. What is learned from the
 * rows themselves is learned from one half and judges the other: it knows too well what it was trained on.
 */
export function contentHalf(text: string): 0 | 1 {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return ((hash ^ (hash >>> 15)) & 1) as 0 | 1
}
