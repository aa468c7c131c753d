// What the bytes of the reader buy. Every file belongs to one promise; a promise is weighed by bundling everything
// without its files, and without those members of others that serve it alone. What is left would not work: so much
// would be left to load if nobody kept that promise.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { transformSync } from 'esbuild'
import { parseAst } from 'rollup/parseAst'
import { weigh } from './bundle.mjs'
import { visit } from './floor.mjs'
import { root } from './workspace.mjs'

const home = 'packages/core/src/'

/**
 * In the order in which one would give them up: features first, then what makes a text right, then the text.
 * `members` names functions and methods of files that belong to another promise.
 */
const promises = [
  {
    name: 'stop, edit, regenerate, decide; send prompts; wake agents',
    files: [
      'ably/publishError',
      'protocol/newId',
      'protocol/shortened',
      'response/deliver',
      'session/largeOutput',
      'session/outgoing',
      'session/publisher',
      'session/queue',
      'session/waker',
      'types/pick',
    ],
    members: {
      'response/reduce': ['#deliver'],
      'session/session': [
        'sendMessage',
        'retryMessage',
        'editMessage',
        'regenerate',
        'getQueue',
        'stop',
        'stopAll',
        '#mustKnow',
        '#targetOf',
        '#unfinished',
        'addToolOutput',
        'addToolApprovalResponse',
        'checkFunctions',
      ],
    },
  },
  {
    name: 'who is there, and answers whose agent died',
    files: ['response/attendance', 'session/absence', 'session/presence'],
    members: { 'response/response': ['watched', 'interrupt'] },
  },
  {
    name: 'tool calls, decisions, arguments as they stream',
    files: [
      'protocol/partialJson',
      'response/decisions',
      'response/partMetadata',
      'response/replies',
      'response/replyBook',
      'response/toolPart',
      'wire/tools',
    ],
    members: {
      'response/parties': ['isReply'],
      'response/response': ['applyReply', 'judgeReplies', 'asker'],
      'response/roster': ['speakersFor', 'noteCall'],
    },
  },
  {
    name: 'sources, files, data, citations; values in pieces',
    files: ['response/citations', 'response/valuePart', 'response/values', 'wire/summary', 'wire/values'],
  },
  {
    name: 'rows of a database',
    files: ['past/floor', 'response/rows', 'types/time'],
    members: {
      'response/conversation': ['rowChanged', 'ask'],
      'response/facts': ['tell'],
      'response/partList': ['onlyText', 'clear'],
      'response/reduce': ['#read'],
      'response/roster': ['rowFor'],
    },
  },
  {
    name: 'a past of any length, made when it is asked for; letting it go',
    files: [
      'response/shelf',
      'response/span',
      'response/transcript',
      'response/transcripts',
      'session/keeper',
    ],
    members: {
      'past/ledger': ['isAtRest', 'isLost', 'untilOf'],
      'past/older': ['#reread'],
      'response/conversation': ['gather', 'remake', '#unshelved', 'letGo', '#letGo'],
      'response/prompts': ['letGo'],
      'response/reduce': ['#letGo'],
      'response/roster': ['letGo'],
      'store/store': ['#showShelved'],
    },
  },
  {
    name: 'branches: versions of prompts and answers',
    files: ['response/path', 'response/tree', 'session/branches'],
    members: {
      'session/session': ['getBranch', 'getAnswerBranch', 'selectBranch'],
      'store/store': ['showPath'],
    },
  },
  {
    name: 'prompts, what became of them, and texts of any length',
    files: [
      'protocol/promptFields',
      'response/answers',
      'response/fate',
      'response/fates',
      'response/knownPrompt',
      'response/promptTexts',
      'response/prompts',
      'wire/promptStatus',
      'wire/promptTexts',
      'wire/prompts',
    ],
    members: {
      'response/conversation': ['#followsPrompt', 'heard'],
      'response/entry': ['PromptLine'],
      'response/reduce': ['#known', '#fate', '#learn', '#hear', '#setPrompt', 'settle', '#settle'],
      'store/store': ['getPrompt', 'getResponsePromptId'],
    },
  },
  {
    name: 'state by immer, events by eventemitter3, each listener apart',
    files: ['response/healing', 'session/events', 'node_modules/eventemitter3', 'node_modules/immer'],
  },
  {
    name: 'whose word counts: no stranger changes an answer',
    files: ['response/parties'],
    members: {
      'response/conversation': ['mayTell'],
      'response/response': ['isBefore', 'takeOver'],
      'response/changes': ['replaced'],
      'response/roster': [
        'partyOf',
        'mayTell',
        '#contested',
        '#isSettled',
        '#addRival',
        'judge',
        'dropRivals',
      ],
      'session/core': ['#ignore'],
      'wire/fields': ['claimOf'],
    },
  },
  {
    name: 'edits and deletions, of single tokens too',
    files: ['session/hiddenEnds', 'text/tokens'],
    members: {
      'response/part': ['noteEdit'],
      'response/partList': ['promote'],
      'response/response': ['editedBy', 'doubt'],
      'session/intake': ['editorOf'],
      'text/pieces': ['#putInto', 'take', 'editOf', 'joinTokens', 'partRun'],
      'text/run': ['#edit', '#unfold', 'take', 'closedBefore', 'edited'],
    },
  },
  {
    name: 'errors with a cure',
    files: ['types/errors'],
    members: {
      'ably/openChannel': ['checked', 'unusable'],
      'past/continuity': ['deaf'],
      'session/core': ['noClient', 'lacks'],
      'session/events': ['reportOnce', 'report', 'listenerThrew'],
    },
  },
  {
    name: 'whole after a reload, a late join, a lost connection',
    files: [
      'ably/historyReader',
      'past/backlog',
      'past/continuity',
      'past/heard',
      'past/channelHistory',
      'past/ledger',
      'past/ledgerStore',
      'past/older',
      'past/pages',
      'past/readings',
      'past/step',
      'past/stretch',
      'past/tasks',
      'protocol/depth',
      'response/known',
      'response/losses',
      'text/coverage',
    ],
    members: {
      'response/conversation': [
        'handOver',
        'isGrowing',
        'break',
        'cover',
        'want',
        'needsPast',
        '#incomplete',
        '#hasHead',
      ],
      'response/response': [
        'withheld',
        'needsPast',
        'break',
        'cover',
        'knowHead',
        '#eachRun',
        '#headless',
        'beginsPart',
      ],
      'response/textPart': ['broken', 'torn', '#tornAt'],
      'session/core': ['loadOlder', 'forget', '#makeContinuity'],
      'store/store': ['hold', 'release', 'handOver'],
      'text/run': ['break', 'broken', 'cover', 'knowHead', 'needsPast', '#brokenBetween'],
      'text/shownText': ['doubt'],
    },
  },
  {
    name: 'the order of all messages, at any length',
    files: ['response/entry', 'response/lines', 'response/reduce', 'response/table'],
    members: {
      'response/conversation': ['structure', 'isAheadOf', 'note', 'isMoved', 'isOtherEnd'],
      'store/store': ['#refreshList', '#showList'],
    },
  },
  {
    name: 'gaps known, placed and filled; checksums',
    files: ['protocol/checksum', 'text/declared', 'text/pieces', 'text/run', 'text/shownText'],
    members: { 'response/response': ['#gaps'], 'response/textPart': ['#findGaps', 'verified'] },
  },
  {
    name: 'one snapshot a frame, told to those who asked for it; tokens that make no event; code that stays compiled',
    files: [
      'response/changes',
      'session/example',
      'store/frame',
      'store/store',
      'types/same',
      'types/status',
      'wire/next',
    ],
    members: {
      'response/conversation': ['goOn', 'isPlain'],
      'response/response': ['goOn', 'lengthen', '#indexOf', '#lengthen'],
      'session/intake': ['#goesOn'],
    },
  },
  {
    name: "the rest: a session that attaches, and answers made of the parts of Ably's documented patterns",
    files: [
      'ably/noChannel',
      'ably/openChannel',
      'protocol/event',
      'protocol/names',
      'protocol/undecoded',
      'response/conversation',
      'response/facts',
      'response/part',
      'response/partList',
      'response/response',
      'response/roster',
      'response/textPart',
      'session/channelStatus',
      'session/core',
      'session/feature',
      'session/features',
      'session/intake',
      'session/reader',
      'session/reattach',
      'session/session',
      'session/state',
      'wire/codec',
      'wire/fields',
      'wire/read',
      'wire/text',
    ],
  },
]

/** A file as `promises` names it. */
function nameOf(path) {
  if (path.startsWith(home)) return path.slice(home.length).replace(/\.ts$/, '')
  return path.replace(/^.*node_modules\/([^/]+)\/.*$/, 'node_modules/$1')
}

/** What is wrong with the list, for bundles of these modules: a file without a promise, or with two, or gone. */
export function misplaced(modules) {
  const named = promises.flatMap(({ files }) => files)
  const found = new Set(modules.map(nameOf))
  return [
    ...[...found].filter((file) => !named.includes(file)).map((file) => `${file} keeps no promise`),
    ...named.filter((file) => !found.has(file)).map((file) => `${file} is not loaded`),
    ...named.filter((file, i) => named.indexOf(file) < i).map((file) => `${file} keeps two promises`),
  ].map((what) => `${what}; put it right in scripts/promises.mjs`)
}

/**
 * For each promise that a bundle of `code` keeps: the bytes that it is less `without` it, and what is `left` without
 * this promise and all before it.
 */
export async function promisesOf(code, { gzip, modules }) {
  const found = new Set(Object.keys(modules).map(nameOf))
  const kept = promises.filter(({ files }) => files.some((file) => found.has(file)))
  const weighed = async (without) => (await weigh(code, { plugins: [leaving(without)] })).gzip
  const rows = []
  for (const [i, promise] of kept.slice(0, -1).entries()) {
    const left = await weighed(kept.slice(0, i + 1))
    rows.push({ name: promise.name, adds: gzip - (i === 0 ? left : await weighed([promise])), left })
  }
  return rows
}

/** The bytes of a bundle of `code` whose texts and lines are the shortest code that obeys the laws (plain.test.ts). */
export async function plainly(code) {
  const plain = (file) => JSON.stringify(join(root, 'packages', 'core', 'test', 'model', file))
  const instead = {
    'text/run': `export { PlainRun as Run } from ${plain('plainRun.ts')}`,
    'response/lines': `export { plainNoLines as noLines } from ${plain('plainLines.ts')}`,
  }
  const plugin = {
    name: 'plainly',
    setup: ({ onLoad }) =>
      onLoad({ filter: /\/(run|lines)\.ts$/ }, ({ path }) => {
        const contents = instead[nameOf(path.slice(root.length + 1))]
        return contents && { contents, loader: 'js' }
      }),
  }
  return (await weigh(code, { plugins: [plugin] })).gzip
}

/** Leaves out the files and members of some promises. */
function leaving(without) {
  const gone = new Set(without.flatMap(({ files }) => files))
  const cuts = {}
  for (const { members = {} } of without)
    for (const [file, names] of Object.entries(members)) (cuts[file] ??= []).push(...names)
  return {
    name: 'leaving',
    setup: ({ onLoad }) =>
      onLoad({ filter: /\.(ts|mjs|js)$/ }, ({ path }) => {
        const file = nameOf(path.slice(root.length + 1))
        if (!gone.has(file) && !cuts[file]) return undefined
        const { code } = transformSync(readFileSync(path, 'utf8'), { loader: 'ts', target: 'es2022' })
        return { contents: gone.has(file) ? onlyNames(code) : emptied(code, cuts[file], file), loader: 'js' }
      }),
  }
}

/** A module whose exports are nothing. */
function onlyNames(code) {
  const names = exportsOf(parseAst(code))
  const own = names.filter((name) => name !== 'default')
  const defaults = own.length < names.length ? 'export default undefined' : ''
  return `${own.length > 0 ? `export let ${own.join(', ')};` : ''} ${defaults}`
}

function exportsOf({ body }) {
  return body.flatMap((node) => {
    if (node.type === 'ExportDefaultDeclaration') return ['default']
    if (node.type !== 'ExportNamedDeclaration') return []
    const { declaration, specifiers } = node
    if (!declaration) return specifiers.map(({ exported }) => exported.name)
    return (declaration.declarations ?? [declaration]).map(({ id }) => id.name)
  })
}

/** Empties functions, methods and classes. */
function emptied(code, names, file) {
  const bodies = new Map()
  visit(parseAst(code), (node) => {
    const { name, type } = node.key ?? node.id ?? {}
    const body = (node.value ?? node.init ?? node).body
    if (body && name) bodies.set(type === 'PrivateIdentifier' ? `#${name}` : name, body)
  })
  const cuts = names.map((name) => {
    if (!bodies.has(name))
      throw new Error(`${file} has no ${name} any more; put it right in scripts/promises.mjs`)
    return bodies.get(name)
  })
  let rest = code
  for (const { start, end } of cuts.sort((a, b) => b.start - a.start))
    rest = `${rest.slice(0, start)}{}${rest.slice(end)}`
  return rest
}
