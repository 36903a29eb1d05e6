/**
 * Places as sines and cosines (Vaswani et al., 2017), each row those of a place p: sin(p / 10000^(2i / width)) for i = 0, 1, … in its first half,
 * the cosines of the same angles in its second, as in Marian and Pegasus. Gives the number at a place of the table, counted row by row.
 */
export function sinusoids(width: number): (place: number) => number {
  const half = Math.ceil(width / 2)
  return (place) => {
    const [position, column] = [Math.floor(place / width), place % width]
    const angle = position / 10_000 ** ((2 * (column % half)) / width)
    return column < half ? Math.sin(angle) : Math.cos(angle)
  }
}
