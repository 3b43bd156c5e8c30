// The example of an operation: a command that can be pasted into a shell. Must stay true: what it sends is what the schema takes.
import {
  arrayOf,
  bodiesOf,
  type Fields,
  fieldsOf,
  idPrefixOf,
  neededOf,
  type Operation,
  resolved,
  textOf,
} from './fields.ts'

/** The ending of an id of no record, in the alphabet of ids. */
const SOME_ID = '01j9zr4v7c8e6m2k5q3x0w1ybn'

/** The command. `$URL`, `$CA`, `$KEY` and `$TOKEN` are the reader's, as are the parts of the path. */
export function exampleRequest(operation: Operation, schemas: Fields): string {
  const { method, path, fields } = operation
  const parameters = arrayOf(fields.parameters)
  const query = parameters
    .filter((one) => one.in === 'query' && one.required === true)
    .map(
      ({ name, schema }) =>
        `${textOf(name)}=${encodeURIComponent(String(sampleOf(fieldsOf(schema), schemas)))}`,
    )
    .join('&')
  // Braces would be a pattern to curl.
  const place = path.replace(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`)
  const verb = method === 'GET' ? '' : method === 'HEAD' ? '-I ' : `-X ${method} `
  const lines = [`curl -sS --cacert "$CA" ${verb}"$URL${place}${query === '' ? '' : `?${query}`}"`]
  const ways = arrayOf(fields.security)
  if (ways.some((way) => 'apiKey' in way)) lines.push('-H "Authorization: API-Key $KEY"')
  else if (ways.length > 0) lines.push('-H "Authorization: Bearer $TOKEN"')
  const file = fileTypeOf(fields)
  if (file !== undefined) lines.push(`-o answer.${file}`)
  return [...lines, ...sent(operation, parameters, schemas)].join(' \\\n  ')
}

function sent(operation: Operation, parameters: readonly Fields[], schemas: Fields): string[] {
  const headers = new Set(parameters.filter((one) => one.in === 'header').map(({ name }) => textOf(name)))
  const lines = headers.has('tus-resumable') ? ['-H "Tus-Resumable: 1.0.0"'] : []
  if (headers.has('upload-length')) lines.push('-H "Upload-Length: $(wc -c < document.pdf)"')
  if (headers.has('upload-metadata'))
    lines.push('-H "Upload-Metadata: filename $(printf document.pdf | base64)"')
  const [body] = bodiesOf(operation)
  if (body === undefined) return lines
  if (body.type === 'multipart/form-data') return [...lines, '-F file=@document.pdf']
  if (body.type === 'application/offset+octet-stream')
    return [
      ...lines,
      ...(headers.has('upload-offset') ? ['-H "Upload-Offset: 0"'] : []),
      `-H "Content-Type: ${body.type}"`,
      '--data-binary @document.pdf',
    ]
  const json = JSON.stringify(sampleOf(body.schema, schemas)).replaceAll("'", "'\\''")
  return [...lines, '-H "Content-Type: application/json"', `-d '${json}'`]
}

/** The ending of the file that an operation answers, where it does. */
function fileTypeOf(fields: Fields): string | undefined {
  const [type = ''] = Object.keys(fieldsOf(fieldsOf(fieldsOf(fields.responses)['200']).content))
  return type === '' || type === 'application/json' ? undefined : type.replace(/^.*\/(x-)?/, '')
}

/** A value of the shape: its own example, or what is needed and nothing else. */
export function sampleOf(schema: Fields, schemas: Fields, depth = 0): unknown {
  const shape = resolved(schema, schemas)
  if (Array.isArray(shape.examples)) return shape.examples[0]
  if (shape.const !== undefined) return shape.const
  const [first] = arrayOf(shape.anyOf)
  if (first) return sampleOf(first, schemas, depth)
  if (shape.type === 'integer' || shape.type === 'number') return shape.minimum ?? 1
  if (shape.type === 'boolean') return true
  if (shape.type === 'array') return depth > 4 ? [] : [sampleOf(fieldsOf(shape.items), schemas, depth + 1)]
  if (shape.type !== 'object') return sampleText(shape)
  const needed = neededOf(shape)
  const all = Object.entries(fieldsOf(shape.properties))
  const chosen = all.filter(([name]) => needed.includes(name))
  // Where nothing by itself is needed, but something is.
  const shown = chosen.length === 0 && Number(shape.minProperties ?? 0) > 0 ? all.slice(0, 1) : chosen
  return Object.fromEntries(shown.map(([name, of]) => [name, sampleOf(fieldsOf(of), schemas, depth + 1)]))
}

function sampleText(schema: Fields): string {
  if (schema.format === 'date-time') return '2027-01-31T12:00:00.000Z'
  const prefix = idPrefixOf(schema)
  return prefix === undefined ? '…' : `${prefix}_${SOME_ID}`
}
