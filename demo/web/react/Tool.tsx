import { useState } from 'react'
import type { ResponseState, ToolPart } from '@rejoin/core'
import { useSession } from '@rejoin/react'
import { clientTools, describeTool, isClientTool, locate } from '../common/tools.ts'
import { Icon } from './Icon.tsx'

interface Props {
  part: ToolPart
  response: ResponseState
}

/** A tool call as a card: what it is about and how far it is, with its input and output inside. */
export function Tool({ part, response }: Props) {
  const open = response.status === 'streaming'
  const { name, about, state, busy, input, output } = describeTool(part, open)
  const tool = part.type.slice('tool-'.length)
  if (open && part.state === 'approval-requested') return <Approval part={part} response={response} />
  if (open && part.state === 'input-available' && isClientTool(tool))
    return <ClientTool part={part} response={response} tool={tool} />
  return (
    <details className="card" data-tool={tool} data-state={part.state} data-busy={busy}>
      <summary>
        <Icon name="tool" />
        <span className="name">{name}</span>
        <span className="about">{about}</span>
        <span className="state">{state}</span>
        {busy && part.progress?.percentComplete !== undefined && (
          <progress max={100} value={part.progress.percentComplete} aria-label={`${name}: progress`} />
        )}
      </summary>
      <div className="detail">
        {input && (
          <>
            <h4>Input</h4>
            <pre tabIndex={0}>{input}</pre>
          </>
        )}
        {output && (
          <>
            <h4>{part.errorText ? 'Error' : 'Output'}</h4>
            <pre tabIndex={0}>{output}</pre>
          </>
        )}
      </div>
    </details>
  )
}

/** A person must decide before the agent goes on. */
function Approval({ part, response }: Props) {
  const { addToolApprovalResponse } = useSession()
  const { busy, problem, run } = useOnce()
  const { name, state, input } = describeTool(part, true)
  const decide = (approved: boolean) =>
    run(() => addToolApprovalResponse({ responseId: response.id, toolCallId: part.toolCallId, approved }))
  return (
    <section
      className="card asks"
      data-tool={part.type.slice('tool-'.length)}
      data-state={part.state}
      aria-label={`${name}: approval`}
    >
      <div className="head">
        <Icon name="warning" />
        <span className="name">{name}</span>
        <span className="state">{state}</span>
      </div>
      <div className="detail">
        <pre tabIndex={0}>{input}</pre>
      </div>
      <div className="choices">
        <button type="button" className="button first" disabled={busy} onClick={() => decide(true)}>
          Approve
        </button>
        <button type="button" className="button" disabled={busy} onClick={() => decide(false)}>
          Reject
        </button>
      </div>
      {problem && (
        <p className="question" role="alert">
          {problem}
        </p>
      )}
    </section>
  )
}

/** A tool that runs here, in the browser, if the person agrees. */
function ClientTool({ part, response, tool }: Props & { tool: keyof typeof clientTools }) {
  const { addToolOutput } = useSession()
  const { busy, problem, run } = useOnce()
  const { question, yes, no } = clientTools[tool]
  const answer = (outcome: { output: unknown } | { errorText: string }) =>
    addToolOutput({ responseId: response.id, toolCallId: part.toolCallId, tool, ...outcome })
  const share = async () => {
    const outcome = await locate().then(
      (output) => ({ output }),
      (error: Error) => ({ errorText: error.message }),
    )
    await answer(outcome)
  }
  return (
    <section className="card asks" data-tool={tool} data-state={part.state} aria-label={question}>
      <div className="head">
        <Icon name="pin" />
        <span className="name">{question}</span>
      </div>
      <div className="choices">
        <button type="button" className="button first" disabled={busy} onClick={() => run(share)}>
          {yes}
        </button>
        <button
          type="button"
          className="button"
          disabled={busy}
          onClick={() => run(() => answer({ errorText: 'the person declined' }))}
        >
          {no}
        </button>
      </div>
      {problem && (
        <p className="question" role="alert">
          {problem}
        </p>
      )}
    </section>
  )
}

function useOnce() {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  function run(work: () => Promise<unknown>) {
    setBusy(true)
    setProblem(undefined)
    work().catch((error: Error) => {
      setBusy(false)
      setProblem(error.message)
    })
  }
  return { busy, problem, run }
}
