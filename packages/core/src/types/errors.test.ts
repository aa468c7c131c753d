import { expect, test } from 'vitest'
import { ErrorCode, wrapError } from './errors.ts'

test('names a code as Ably’s only where it is one', () => {
  const refused = Object.assign(new Error('not permitted'), { code: 40160, statusCode: 401 })
  expect(wrapError('publish', refused, ErrorCode.PublishFailed)).toMatchObject({
    code: 'not_allowed',
    message: expect.stringMatching(/^unable to publish; give the key .*: not permitted \(Ably 40160\)$/),
    cause: refused,
  })
  const unreachable = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  expect(wrapError('publish', unreachable, ErrorCode.PublishFailed)).toMatchObject({
    code: 'publish_failed',
    message: 'unable to publish; connect ECONNREFUSED',
  })
})
