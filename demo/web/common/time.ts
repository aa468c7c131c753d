import { h } from './dom.ts'

/** When something was said: the time, and the day unless it is today. Nothing while it is unknown. */
export function timeElement(at: number): HTMLElement[] {
  if (at === 0) return []
  const date = new Date(at)
  return [
    h(
      'time',
      {
        datetime: date.toISOString(),
        title: date.toLocaleString('en', { dateStyle: 'full', timeStyle: 'short' }),
      },
      describeTime(at),
    ),
  ]
}

export function describeTime(at: number, now = Date.now()): string {
  const date = new Date(at)
  const time = date.toLocaleTimeString('en', { hour: 'numeric', minute: '2-digit' })
  if (date.toDateString() === new Date(now).toDateString()) return time
  return `${date.toLocaleDateString('en', { month: 'short', day: 'numeric' })}, ${time}`
}

export function describeDuration(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000))
  if (seconds < 60) return seconds === 1 ? '1 second' : `${seconds} seconds`
  const minutes = Math.floor(seconds / 60)
  return `${minutes} min ${seconds % 60} s`
}
