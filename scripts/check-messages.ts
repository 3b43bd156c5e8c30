/**
 * What people read in the web app stands in web/messages and nowhere else, so that a translation is complete when
 * that folder is. Text between tags and text in the attributes that are shown or read aloud is refused elsewhere.
 */
import { type CheckResult, type Problem, report } from './check-result.ts'
import { isNode, lineOf, literal, type Node, readModules, type SourceModule, walk } from './read-modules.ts'

const SHOWN = new Set([
  'title',
  'label',
  'placeholder',
  'alt',
  'description',
  'error',
  'aria-label',
  'aria-description',
  'aria-valuetext',
  'nothingFoundMessage',
  'legend',
])

/** Checks the components below `root`/web. `seen` counts modules. */
export function checkMessages(root: string, modules = readModules(root, ['web'])): CheckResult {
  const problems: Problem[] = []
  const components = modules.filter((module) => module.path.endsWith('.tsx') && !isExempt(module.path))
  for (const module of components) {
    walk(module.program, (node) => {
      const text = shownText(node)
      if (text === null || !/\p{L}{2}/u.test(text)) return
      const message = `shows “${text.trim().slice(0, 40)}”; text stands in web/messages`
      problems.push({ file: module.path, line: lineOf(module.text, node.start), message })
    })
  }
  return { name: 'messages', seen: components.length, problems, warnings: [] }
}

function isExempt(path: SourceModule['path']): boolean {
  return path.startsWith('web/messages/') || /\.(test|story)\.tsx$/.test(path)
}

function shownText(node: Node): string | null {
  if (node.type === 'JSXText') return typeof node.value === 'string' ? node.value : null
  if (node.type === 'JSXExpressionContainer') return null
  if (node.type === 'JSXElement' || node.type === 'JSXFragment') return braced(node)
  if (node.type !== 'JSXAttribute' || !isNode(node.name)) return null
  const name = String(node.name.name)
  if (!SHOWN.has(name) || !isNode(node.value)) return null
  return literal(node.value) ?? (node.value.type === 'JSXExpressionContainer' ? written(node.value) : null)
}

// <p>{'Hello'}</p> is text too.
function braced(node: Node): string | null {
  const children = Array.isArray(node.children) ? node.children.filter(isNode) : []
  const texts = children
    .filter((child) => child.type === 'JSXExpressionContainer')
    .map(written)
    .filter((text) => text !== null)
  return texts.length > 0 ? texts.join(' ') : null
}

function written(container: Node): string | null {
  const texts = textsIn(container.expression)
  return texts.length > 0 ? texts.join(' ') : null
}

// A choice between two texts is two texts.
function textsIn(inner: unknown): string[] {
  if (!isNode(inner)) return []
  if (inner.type === 'ConditionalExpression') return [inner.consequent, inner.alternate].flatMap(textsIn)
  if (inner.type === 'LogicalExpression') return [inner.left, inner.right].flatMap(textsIn)
  if (inner.type === 'TemplateLiteral' && Array.isArray(inner.quasis)) {
    return inner.quasis
      .filter(isNode)
      .map((quasi) => String((quasi.value as { cooked?: string }).cooked ?? ''))
  }
  return [literal(inner) ?? ''].filter((text) => text !== '')
}

if (import.meta.main) report(checkMessages(process.cwd()))
