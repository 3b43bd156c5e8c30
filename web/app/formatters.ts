// Dates, sizes, durations and counts in the reader's language and zone.
// Must stay true: pure; the caller gives `now`.
const language = 'en'
const plain = new Intl.NumberFormat(language)
const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
const dayMonth = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' })
const dayMonthYear = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', year: 'numeric' })
const clock = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const exact = new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'long', hourCycle: 'h23' })
const stamp = new Intl.DateTimeFormat(language, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

export function formatNumber(value: number): string {
  return plain.format(value)
}

/** "4 minutes ago", "yesterday, 14:02", "3 Mar", "3 Mar 2024", whichever a person would say. */
export function formatWhen(at: Date, now: Date): string {
  const seconds = (at.getTime() - now.getTime()) / 1000
  const away = Math.abs(seconds)
  if (away < 45) return relative.format(0, 'second')
  if (away < 3570) return relative.format(Math.round(seconds / 60), 'minute')
  if (away < 43200 && at.toDateString() === now.toDateString())
    return relative.format(Math.round(seconds / 3600), 'hour')
  const midnight = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
  const days = Math.round((midnight(at) - midnight(now)) / 86_400_000)
  if (Math.abs(days) <= 1) return `${relative.format(days, 'day')}, ${clock.format(at)}`
  return at.getFullYear() === now.getFullYear() ? dayMonth.format(at) : dayMonthYear.format(at)
}

/** The exact moment with zone, for hover and for the record. */
export function formatExact(at: Date): string {
  return exact.format(at)
}

/** Day and time to the second, for logs. */
export function formatStamp(at: Date): string {
  return stamp.format(at)
}

/** Bytes as a person reads them: 12 kB, 3.4 MB. A kB has 1,024 bytes, so that what may be 100 MB reads as 100 MB. */
export function formatBytes(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
  let step = 0
  // What would be rounded up to 1,024 of a unit is 1 of the next.
  while (step < units.length - 1 && Math.round(bytes / 1024 ** step) >= 1024) step++
  const value = bytes / 1024 ** step
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: units[step] ?? 'byte',
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: step === 0 || value >= 100 ? 0 : 1,
  }).format(value)
}

/** Whole seconds as "40 s", "3 min", "1 h 20 min". */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const rest = minutes % 60
  return rest === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${rest} min`
}

/** What a user agent says about browser and system, in a few words. */
export function formatDevice(userAgent: string): string {
  const browser = /Edg\//.test(userAgent)
    ? 'Edge'
    : /Firefox\//.test(userAgent)
      ? 'Firefox'
      : /Chrome\//.test(userAgent)
        ? 'Chrome'
        : /Safari\//.test(userAgent)
          ? 'Safari'
          : /^curl\//.test(userAgent)
            ? 'curl'
            : userAgent.split(/[/ ]/)[0] || '–'
  const system = /iPhone|iPad/.test(userAgent)
    ? 'iOS'
    : /Android/.test(userAgent)
      ? 'Android'
      : /Windows/.test(userAgent)
        ? 'Windows'
        : /Mac OS X/.test(userAgent)
          ? 'macOS'
          : /Linux/.test(userAgent)
            ? 'Linux'
            : ''
  return system ? `${browser}, ${system}` : browser
}
