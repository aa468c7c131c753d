/** Resolves when a condition holds; rejects when it does not within `patience` milliseconds, or when aborted. */
export function until(
  condition: () => boolean,
  { signal, patience }: { signal: AbortSignal; patience: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const deadline = Date.now() + patience
    const look = () => {
      if (signal.aborted) reject(new Error('stopped'))
      else if (condition()) resolve()
      else if (Date.now() > deadline) reject(new Error(`Did not happen within ${patience / 1000} seconds.`))
      else setTimeout(look, 50)
    }
    look()
  })
}
