#!/usr/bin/env node
// Packs the packages that consist of hundreds of small files into a few, for src/core/prefer-packed.ts: every process
// loads them at its start. Run by set-up under the pinned Node: pack-packages.mjs FOLDER.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'

/** By package: the specifiers under which our sources import it. They are ES modules that read no files of their own. */
const packages = {
  typebox: ['typebox', 'typebox/compile', 'typebox/value'],
  kysely: ['kysely'],
}

const folder = process.argv[2]
const root = join(import.meta.dirname, '..')
const fileOf = (specifier) => `${specifier.replaceAll('/', '-')}.mjs`
const specifiers = Object.values(packages).flat()

await build({
  configFile: false,
  root,
  logLevel: 'warn',
  publicDir: false,
  ssr: { noExternal: true },
  build: {
    ssr: true,
    outDir: folder,
    emptyOutDir: true,
    minify: false,
    target: 'node24',
    rollupOptions: {
      input: Object.fromEntries(specifiers.map((specifier) => [fileOf(specifier).slice(0, -4), specifier])),
      preserveEntrySignatures: 'strict',
      output: { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
    },
  },
})

const index = {}
for (const [name, names] of Object.entries(packages)) {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'))
  index[name] = {
    version,
    files: Object.fromEntries(names.map((specifier) => [specifier, fileOf(specifier)])),
  }
}
writeFileSync(join(folder, 'index.json'), JSON.stringify(index))
