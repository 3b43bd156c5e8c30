/**
 * The house as data: which room a file is in, and which rooms a room may import. The arrows are those of
 * ARCHITECTURE.md; a new room is a new line here and in package.json `imports`.
 */

export const PRODUCTS = ['knowledge', 'agreements', 'fleet', 'trust'] as const
export const EDGES = ['server', 'worker', 'keeper', 'cell', 'backup', 'admin', 'up'] as const
const BELOW_EDGES = ['protocol', 'core', ...PRODUCTS, 'products', 'context'] as const

/** Rooms that each room may import besides itself. Nothing imports test, bench, dev or scripts. */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  core: ['protocol'],
  ...Object.fromEntries(PRODUCTS.map((product) => [product, ['protocol', 'core']])),
  products: ['protocol', 'core', ...PRODUCTS],
  context: ['protocol', 'core', 'products'],
  ...Object.fromEntries(EDGES.map((edge) => [edge, [...BELOW_EDGES]])),
  // The keeper holds the keys of the house, so it knows the least of it.
  keeper: ['protocol', 'core'],
  backup: ['protocol', 'core'],
  main: [...BELOW_EDGES, ...EDGES],
  web: [],
  widgets: ['protocol', 'web'],
  agent: ['protocol'],
  test: [...BELOW_EDGES, ...EDGES, 'main', 'generated', 'scripts', 'dev'],
  bench: [...BELOW_EDGES, ...EDGES, 'main', 'generated', 'test', 'dev', 'scripts'],
  dev: [...BELOW_EDGES, ...EDGES, 'main', 'generated', 'test'],
  scripts: [...BELOW_EDGES, ...EDGES, 'main', 'web', 'generated'],
}

/** Folders that hold modules; the check reads all of them. */
export const FOLDERS = [
  'src',
  'protocol',
  'web',
  'widgets',
  'agent',
  'test',
  'bench',
  'dev',
  'scripts',
] as const

/** Rooms without a place in any release: what they may use is wide, and nobody may use them. */
export const WORKSHOPS: readonly string[] = ['test', 'bench', 'dev', 'scripts']

const SPECIAL: Readonly<Record<string, string>> = {
  'src/main.ts': 'main',
  'src/context.ts': 'context',
  'src/products.ts': 'products',
}

/** The room of a path relative to the root, or null when the file stands in none. */
export function roomOf(path: string): string | null {
  const special = SPECIAL[path]
  if (special) return special
  const [first, second, third] = path.split('/')
  if (first === 'src') return third !== undefined && second !== undefined && second in ARROWS ? second : null
  if (first === 'generated') return 'generated'
  return first !== undefined && (FOLDERS as readonly string[]).includes(first) ? first : null
}

/** True for a test, which stands in its subject's room but may also use the harness in test/. */
export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path)
}

/** Rooms whose files are reached by a `#room/` specifier from elsewhere. */
export function aliasOf(room: string): string | null {
  if (room === 'main' || room === 'context' || room === 'products') return '#src/'
  const aliased: readonly string[] = ['protocol', 'core', 'test', ...PRODUCTS, ...EDGES]
  return aliased.includes(room) ? `#${room}/` : null
}

/** Files that may import a path made at run time: `up --demo` loads dev/demo.ts where there is one, without an arrow to it. */
export const COMPUTED_IMPORTS: readonly string[] = ['src/up/run-up.ts']
