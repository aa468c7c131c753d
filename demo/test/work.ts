import { Session } from 'node:inspector/promises'

let session: Session | undefined

async function start(): Promise<Session> {
  session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  return session
}

/** How often the blocks of code in files whose address matches `files` are run by `run`: work, whatever the machine. */
export async function workOf(files: RegExp, run: () => void): Promise<number> {
  const counting = session ?? (await start())
  // Taking the counts sets them to zero.
  await counting.post('Profiler.takePreciseCoverage')
  run()
  const { result } = await counting.post('Profiler.takePreciseCoverage')
  let work = 0
  for (const { url, functions } of result)
    if (files.test(url)) for (const { ranges } of functions) for (const { count } of ranges) work += count
  return work
}
