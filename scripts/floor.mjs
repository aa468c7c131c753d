// How small a bundle could be with the same logic: every property as short as it can be, Ably's and the app's too, and
// no text for people. No minifier can reach it; what is left is what the code does.
import { gzipSync } from 'node:zlib'
import { parseAst } from 'rollup/parseAst'

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$'

/** Returns the gzipped size, in bytes, that no renaming of a minified `script` can go below. */
export function floorOf(script) {
  const short = new Map()
  const edits = []
  const shorten = ({ start, end, name }) => {
    if (!short.has(name)) short.set(name, nameOf(short.size))
    edits.push({ start, end, text: short.get(name) })
  }
  visit(parseAst(script), (node) => {
    if (node.type === 'MemberExpression' && !node.computed && node.property.type === 'Identifier')
      shorten(node.property)
    const isMember = ['Property', 'MethodDefinition', 'PropertyDefinition'].includes(node.type)
    if (isMember && !node.computed && !node.shorthand && node.key.type === 'Identifier') shorten(node.key)
    const { start, end } = node
    if (node.type === 'Literal' && typeof node.value === 'string' && node.value.includes(' '))
      edits.push({ start, end, text: '""' })
    if (node.type === 'TemplateElement' && node.value.raw.includes(' ')) edits.push({ start, end, text: '' })
  })
  let left = script
  for (const { start, end, text } of edits.sort((a, b) => b.start - a.start))
    left = left.slice(0, start) + text + left.slice(end)
  return gzipSync(left, { level: 9 }).length
}

function nameOf(index) {
  const { length } = letters
  return index < length ? letters[index] : letters[index % length] + nameOf(Math.floor(index / length) - 1)
}

/** Calls `found` for each node of a syntax tree. */
export function visit(node, found) {
  if (Array.isArray(node)) for (const one of node) visit(one, found)
  else if (node && typeof node === 'object') {
    if (node.type) found(node)
    for (const value of Object.values(node)) visit(value, found)
  }
}
