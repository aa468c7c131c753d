import { h } from './dom.ts'

// Made once: making one takes a phone longer than all else that a message shows.
const full = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'short' })
const clock = new Intl.DateTimeFormat('en', { hour: 'numeric', minute: '2-digit' })
const day = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' })

/** When something was said: the time, and the day unless it is today. Nothing while it is unknown. */
export function timeElement(at: number): HTMLElement[] {
  if (at === 0) return []
  const date = new Date(at)
  return [
    h(
      'time',
      {
        datetime: date.toISOString(),
        title: full.format(date),
      },
      describeTime(at),
    ),
  ]
}

export function describeTime(at: number, now = Date.now()): string {
  const date = new Date(at)
  const time = clock.format(date)
  if (date.toDateString() === new Date(now).toDateString()) return time
  return `${day.format(date)}, ${time}`
}

export function describeDuration(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000))
  if (seconds < 60) return seconds === 1 ? '1 second' : `${seconds} seconds`
  const minutes = Math.floor(seconds / 60)
  return `${minutes} min ${seconds % 60} s`
}
