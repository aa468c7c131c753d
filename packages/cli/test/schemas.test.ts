import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'

const folder = new URL('../../core/vectors/', import.meta.url)
const read = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(path, folder), 'utf8')) as Record<string, unknown>
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true })
const schemas = {
  reader: 'schema/reader.schema.json',
  writer: 'schema/writer.schema.json',
  suspending: 'schema/suspending.schema.json',
  texts: 'schema/texts.schema.json',
}
// One names the definitions of another.
for (const path of Object.values(schemas)) ajv.addSchema(read(path), path.replace('schema/', ''))
const validators = Object.fromEntries(
  Object.entries(schemas).map(([name, path]) => [name, ajv.getSchema(path.replace('schema/', ''))!]),
)

const cases = [
  ...readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((path) => ({ path, schema: 'reader' })),
  { path: 'writer/responses.json', schema: 'writer' },
  { path: 'writer/suspending.json', schema: 'suspending' },
  { path: 'writer/texts.json', schema: 'texts' },
]

test.each(cases)('$path', ({ path, schema }) => {
  const validate = validators[schema]!
  validate(read(path))
  expect(validate.errors).toBeNull()
})

test.each(cases)('$path, with a field that is not known', ({ path, schema }) => {
  expect(validators[schema]!({ ...read(path), vectrs: [] })).toBe(false)
  expect(validators[schema]!({ about: 'nothing' })).toBe(false)
})
