import { expect, test } from 'vitest'
import { RejoinError } from '../types/errors.ts'
import { Events } from './events.ts'

test('a listener that throws costs no other its turn, and error tells of it', () => {
  const events = new Events()
  const told: string[] = []
  events.on('healed', () => {
    throw new Error('mine')
  })
  events.on('healed', ({ responseId }) => told.push(responseId))
  events.on('error', (error) => told.push(error.message))
  events.emit('healed', { responseId: 'r' })
  expect(told).toEqual(['unable to notify a listener; it threw: mine', 'r'])
})

test('a listener of error that throws is not told of that, and the others are', () => {
  const events = new Events()
  const told: string[] = []
  events.on('error', () => {
    throw new Error('mine')
  })
  events.on('error', (error) => told.push(error.message))
  events.emit('error', new RejoinError('closed', 'first'))
  expect(told).toEqual(['unable to notify a listener; it threw: mine', 'first'])
})

test('the same listener twice is told twice, and stops once each', () => {
  const events = new Events()
  let told = 0
  const listener = () => void told++
  const stop = events.on('error', listener)
  events.on('error', listener)
  stop()
  stop()
  events.emit('error', new RejoinError('closed', 'one'))
  expect(told).toBe(1)
})
