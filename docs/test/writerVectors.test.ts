import { readFileSync } from 'node:fs'
import { checksum, newId } from '@rejoin/core/protocol'
import { startLocalAbly, type LocalAbly } from '@rejoin/local-ably'
import { Realtime } from 'ably'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runWriterVector, type WriterVector } from '../../packages/core/vectors/writer/match.ts'
import { Recorder } from '../../packages/cli/src/wire/recorder.ts'
import { isMissing, languages, Program } from './languages.ts'

const path = new URL('../../packages/core/vectors/writer/responses.json', import.meta.url)
const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: WriterVector[] }
const patterns = ['message-per-response', 'message-per-token'] as const
const channelName = 'ai:vectors'

describe.each(languages)('the writer vectors, in $name', (language) => {
  const missing = isMissing(language)
  // Its texts are UTF-8: there are no halves of pairs.
  const known = ({ name }: WriterVector) => language.name !== 'Go' || !name.includes('surrogate pair')

  describe.skipIf(missing).each(patterns)(`${missing ? '(not on this machine) ' : ''}%s`, (pattern) => {
    let program: Program
    let server: LocalAbly
    let client: Realtime
    let recorder: Recorder
    let changed = () => {}

    beforeAll(async () => {
      program = new Program(language)
      server = await startLocalAbly()
      client = new Realtime({ ...server.clientOptions, clientId: 'ann', logLevel: 0 })
      recorder = new Recorder(client.channels.get(channelName))
      await recorder.start(() => changed())
      const where = { ABLY_URL: server.url, ABLY_API_KEY: server.key, ABLY_CHANNEL: channelName }
      program.start({ ...where, PATTERN: pattern })
    })
    afterAll(async () => {
      program.remove()
      client.close()
      await server.close()
    })

    test.each(vectors.filter((vector) => vector.pattern === pattern && known(vector)))(
      '$name',
      async (vector) => {
        server.faults.clear()
        for (const nth of vector.refuse ?? []) server.faults.refuse({ nth, match: { clientId: 'agent' } })
        const promptId = newId()
        const operations = () => recorder.operations.filter(({ headers }) => headers['promptId'] === promptId)
        const ended = new Promise<void>((resolve) => {
          changed = () => {
            if (operations().some(({ name }) => name === 'response-end' || name === 'stop')) resolve()
          }
        })
        const { fragments, times = 1 } = vector
        const text = JSON.stringify({ fragments, times })
        await client.channels.get(channelName).publish('user-input', { promptId, text })
        await ended
        expect(runWriterVector(vector, operations(), checksum)).toEqual([])
      },
    )
  })
})
