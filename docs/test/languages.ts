import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blocks } from './blocks.ts'

/** The agents of docs/any-language.md, as programs. */
export interface Language {
  readonly name: string
  readonly version: readonly string[]
  readonly files: Readonly<Record<string, string>>
  readonly build?: readonly string[]
  readonly run: (folder: string) => string[]
}

const code = (language: string) =>
  blocks('docs/any-language.md').find((one) => one.language === language)!.code

/**
 * The test's model says `PIECES`, or what the prompt tells it to say. With `HOLD`, each piece takes a line of the
 * standard input.
 */
const pythonModel = `
import itertools, json, os, sys
def stream(prompt):
    asked = json.loads(os.environ.get("PIECES") or prompt)
    pieces, hold = asked["fragments"] * asked["times"] if isinstance(asked, dict) else asked, os.environ.get("HOLD")
    for piece in itertools.cycle(pieces) if hold == "for ever" else pieces:
        if hold and not sys.stdin.readline():
            return
        yield piece
`

const goModel = `package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
)

var stdin = bufio.NewReader(os.Stdin)

func stream(ctx context.Context, prompt string, say func(string)) error {
	var pieces []string
	var asked struct {
		Fragments []string
		Times     int
	}
	json.Unmarshal([]byte(os.Getenv("PIECES")), &pieces)
	json.Unmarshal([]byte(prompt), &asked)
	for n := 0; n < asked.Times; n++ {
		pieces = append(pieces, asked.Fragments...)
	}
	for n := 0; n < len(pieces) || os.Getenv("HOLD") == "for ever"; n++ {
		if os.Getenv("HOLD") != "" {
			if _, err := stdin.ReadString('\\n'); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		say(pieces[n%len(pieces)])
	}
	return nil
}
`

export const languages: readonly Language[] = [
  {
    name: 'Python',
    version: ['python3', '--version'],
    files: { 'agent.py': code('python'), 'model.py': pythonModel },
    run: () => ['python3', 'agent.py'],
  },
  {
    name: 'Go',
    version: ['go', 'version'],
    files: { 'agent.go': code('go'), 'model.go': goModel },
    build: ['go', 'build', '-o', 'agent.exe', 'agent.go', 'model.go'],
    run: (folder) => [join(folder, 'agent.exe')],
  },
]

/** Whether this machine cannot run it. */
export function isMissing({ version: [command, ...args] }: Language): boolean {
  return spawnSync(command!, args).status !== 0
}

/** An agent's program in a folder of its own. */
export class Program {
  readonly #language: Language
  readonly #folder = mkdtempSync(join(tmpdir(), 'rejoin-any-'))
  readonly #children = new Set<ChildProcess>()

  constructor(language: Language) {
    this.#language = language
    for (const [name, text] of Object.entries(language.files)) writeFileSync(join(this.#folder, name), text)
    const [command, ...args] = language.build ?? []
    if (!command) return
    const env = { ...process.env, GO111MODULE: 'off' }
    const { status, stderr } = spawnSync(command, args, { cwd: this.#folder, env, encoding: 'utf8' })
    if (status !== 0) throw new Error(`unable to build the agent; ${stderr}`)
  }

  start(env: Record<string, string>): ChildProcess {
    const [run, ...args] = this.#language.run(this.#folder)
    const child = spawn(run!, args, {
      cwd: this.#folder,
      stdio: ['pipe', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    })
    this.#children.add(child)
    child.stdin.on('error', () => {})
    return child
  }

  /** Kills what runs. */
  stop(): void {
    for (const child of this.#children) child.kill('SIGKILL')
    this.#children.clear()
  }

  remove(): void {
    this.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
