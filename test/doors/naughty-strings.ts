/** Texts that break careless software: the Big List of Naughty Strings and our own. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const CORPUS = join(import.meta.dirname, '../corpora/big-list-of-naughty-strings/blns.json')

const OWN = [
  // SQL
  "'; drop table person; --",
  "' or '1'='1",
  '1); select pg_sleep(9); --',
  "$$; copy (select 1) to program 'true'; $$",
  '%_\\',
  // HTML, templates, formulas, shells
  '<script>fetch("/v1/me")</script>',
  '"><img src=x onerror=alert(1)>',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is meant to look like one.
  '{{7*7}}${7*7}<%= 7*7 %>#{7*7}',
  '{{constructor.constructor("return process")()}}',
  '=cmd|/c calc!A1',
  '$(reboot)`reboot`|reboot',
  '%s%n%x%d',
  // What ends, hides or turns text around
  '\u0000',
  'before\u0000after',
  '\ud800',
  'half \udfff a pair',
  '\u202egnp.exe',
  '\u2066hidden\u2069',
  '\u200b\u200b',
  '\u00a0',
  '\u3000 \u2003',
  '\ufeffmark',
  '\ufffe\uffff',
  '\u0085next line\u2028line\u2029paragraph',
  '\u001b[31mred',
  '\u007f',
  // Other spellings of the same
  'e\u0301',
  '\ufb2c\u0344\u0958',
  '\u1e9e\u0130\u0131\ufb03',
  '\u{1f469}\u200d\u{1f469}\u200d\u{1f467}\u{e0062}',
  `z${'\u0301'.repeat(150)}`,
  // Headers, logs, paths
  'a\r\nSet-Cookie: a=b\r\n\r\n<html>',
  'a\nb',
  'a\tb',
  '../../../../etc/passwd',
  '..\\..\\windows',
  '/proc/self/environ',
  'file:///etc/passwd',
  '.',
  '..',
  '%2e%2e%2f%00',
  '~root',
  // Words that mean something somewhere
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  'true',
  '0',
  '-1',
  '1e309',
  '9'.repeat(40),
  '[]',
  '{"$ne":null}',
  // Size
  '',
  ' ',
  'a'.repeat(4000),
  '\u00e5'.repeat(200),
  '\u{1f600}'.repeat(128),
  '('.repeat(600),
  'a '.repeat(120),
  '"'.repeat(60),
]

/** Our own, each once. */
export const ownNaughtyStrings: readonly string[] = [...new Set(OWN)]

/** All, each once; our own first. */
export function naughtyStrings(): readonly string[] {
  const listed: string[] = JSON.parse(readFileSync(CORPUS, 'utf8'))
  return [...new Set([...OWN, ...listed])]
}
