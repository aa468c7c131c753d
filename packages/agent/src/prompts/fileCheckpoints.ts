import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Checkpoint, CheckpointStore } from './checkpoint.ts'

/**
 * Keeps checkpoints in a folder, one file per channel, written atomically. For one process at a time.
 * Node.js only: import it from `@rejoin/agent/node`.
 */
export function fileCheckpoints(folder: string): CheckpointStore {
  const path = (channelName: string) => join(folder, `${encodeURIComponent(channelName)}.json`)
  return {
    async load(channelName) {
      const file = path(channelName)
      try {
        return JSON.parse(await readFile(file, 'utf8')) as Checkpoint
      } catch (error) {
        if ((error as { code?: string }).code === 'ENOENT') return undefined
        if (!(error instanceof SyntaxError)) throw error
        throw new Error(`file ${file} is no JSON: correct it, or delete it`, { cause: error })
      }
    },
    async save(channelName, checkpoint) {
      await mkdir(folder, { recursive: true })
      const target = path(channelName)
      const file = await open(`${target}.new`, 'w')
      try {
        await file.writeFile(JSON.stringify(checkpoint))
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(`${target}.new`, target)
    },
  }
}
