/** Seconds as a person reads them: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 07 min`, `3 d 04 h`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?'
  if (seconds < 0) return `-${formatDuration(-seconds)}`
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`
  const hours = Math.round(seconds / 3600)
  return `${Math.floor(hours / 24)} d ${pad(hours % 24)} h`
}

const suffixes = ['', 'k', 'M', 'G', 'T']

/** A count in three or four digits: `7`, `999`, `12.5k`, `3.2M`; a rate below ten keeps its fraction: `0.42`. */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return '?'
  let size = Math.abs(count)
  let suffix = 0
  // Compared after rounding, so that 999,960 becomes 1M and not 1000k.
  while (round(size, suffix) >= 1000 && suffix < suffixes.length - 1) {
    size /= 1000
    suffix++
  }
  return `${count < 0 ? '-' : ''}${round(size, suffix)}${suffixes[suffix]}`
}

function round(size: number, suffix: number): number {
  if (suffix === 0 && Number.isInteger(size)) return size
  return Number(size.toFixed(size < 1 ? 2 : size < 100 ? 1 : 0))
}

function pad(count: number): string {
  return String(count).padStart(2, '0')
}
