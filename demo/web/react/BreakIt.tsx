import { useEffect, useMemo, useState } from 'react'
import type { Config } from '../shared/api.ts'
import { breakIt, faultChoices, type FaultChoice } from '../shared/faults.ts'
import type { LogEntry } from '../shared/log.ts'
import { Icon } from './Icon.tsx'

interface Props {
  open: boolean
  config: Config
  conversation: string
  tab: string
  log: readonly LogEntry[]
  onClose(): void
}

export function BreakIt({ open, config, conversation, tab, log, onClose }: Props) {
  const choices = useMemo(() => faultChoices(config.connectionStateTtl), [config])
  const [problem, setProblem] = useState<string>()
  return (
    <aside className="panel" data-open={open} aria-label="Break it">
      <header>
        <h2>Break it</h2>
        <button type="button" className="tool only-narrow" aria-label="Close the panel" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <p className="intro">
        {config.embedded
          ? 'Ask something, then break the stream while it is being written. The answer ends up whole.'
          : 'You are on the Ably service, which cannot be broken from here. Unset ABLY_API_KEY to try this.'}
      </p>
      <ul className="faults">
        {choices.map((choice) => (
          <li key={choice.id}>
            <Fault
              choice={choice}
              disabled={!config.embedded}
              start={() => breakIt(conversation, tab, choice)}
              onProblem={setProblem}
            />
          </li>
        ))}
      </ul>
      {problem && (
        <p className="intro" role="alert">
          {problem}
        </p>
      )}
      <h3>What happened</h3>
      <ol className="log" aria-live="polite">
        {log.length === 0 && <li>Nothing yet.</li>}
        {log.map((entry) => (
          <li key={entry.id} data-event={entry.kind}>
            <time dateTime={new Date(entry.at).toISOString()}>{new Date(entry.at).toLocaleTimeString('en-GB')}</time>
            <span>{entry.text}</span>
          </li>
        ))}
      </ol>
    </aside>
  )
}

interface FaultProps {
  choice: FaultChoice
  disabled: boolean
  start(): Promise<void>
  onProblem(text: string | undefined): void
}

function Fault({ choice, disabled, start, onProblem }: FaultProps) {
  const left = useCountdown(choice.milliseconds)
  async function run() {
    onProblem(undefined)
    try {
      await start()
      if (choice.milliseconds) left.begin()
    } catch (error) {
      onProblem((error as Error).message)
    }
  }
  const active = left.milliseconds > 0
  return (
    <button
      type="button"
      className="fault"
      data-fault={choice.id}
      data-active={active}
      disabled={disabled || active}
      onClick={() => void run()}
    >
      <strong>{choice.title}</strong>
      <span>{active ? `Back in ${Math.ceil(left.milliseconds / 1000)} s` : choice.text}</span>
      {active && <progress max={choice.milliseconds} value={left.milliseconds} aria-hidden="true" />}
    </button>
  )
}

function useCountdown(duration = 0) {
  const [end, setEnd] = useState(0)
  const [now, setNow] = useState(0)
  const milliseconds = Math.max(0, end - now)
  const running = milliseconds > 0
  useEffect(() => {
    if (!running) return
    const timer = setInterval(() => setNow(Date.now()), 200)
    return () => clearInterval(timer)
  }, [running])
  return {
    milliseconds,
    begin: () => {
      setNow(Date.now())
      setEnd(Date.now() + duration)
    },
  }
}
