import { describe, expect, test } from 'vitest'
import { explore, type World } from '../../test/claimsModel.ts'

/** All interleavings of claims on the channel: what the rules promise, and what they cannot. */
const none = { twoHandlers: 0, twoAnswersStand: 0, unanswered: 0, overruled: 0 }

describe('at one site, starting when the own claim has come back: one handler, one answer', () => {
  test.each<[string, World]>([
    ['two replicas', { sites: [0, 0], startsOn: 'echo' }],
    ['two replicas that crash', { sites: [0, 0], startsOn: 'echo', crashes: true }],
    ['three replicas', { sites: [0, 0, 0], startsOn: 'echo' }],
    ['three replicas that crash', { sites: [0, 0, 0], startsOn: 'echo', crashes: true, maxAttempt: 2 }],
  ])('%s', (_, world) => {
    const { states, ...found } = explore(world)
    expect(states).toBeGreaterThan(30)
    expect(found).toEqual(none)
  })
})

describe('otherwise two handlers may run, and one answer stands all the same', () => {
  test.each<[string, World]>([
    ['starting without the echo', { sites: [0, 0], startsOn: 'ack' }],
    ['a replica is taken for dead', { sites: [0, 0], startsOn: 'echo', falseLeave: true }],
    ['two sites', { sites: [0, 1], startsOn: 'echo' }],
    ['two sites, and crashes', { sites: [0, 1], startsOn: 'echo', crashes: true, maxAttempt: 1 }],
  ])('%s', (_, world) => {
    const { twoHandlers, twoAnswersStand, unanswered } = explore(world)
    expect(twoHandlers).toBeGreaterThan(0)
    expect({ twoAnswersStand, unanswered }).toEqual({ twoAnswersStand: 0, unanswered: 0 })
  })
})
