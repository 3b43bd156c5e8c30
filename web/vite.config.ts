// Builds the web app to dist/web, or with `--mode stories` the story page to dist/stories.
// Must stay true: no inline script or style, every asset hashed or in a versioned folder, no source maps.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const pdfRoot = join(import.meta.dirname, '../node_modules/pdfjs-dist')
const pdfVersion = String(JSON.parse(readFileSync(join(pdfRoot, 'package.json'), 'utf8')).version)

/** Puts what pdf.js fetches by name (character maps, standard fonts, plain JavaScript decoders) beside the app. */
function pdfFiles(): Plugin {
  const wanted: [string, (name: string) => boolean][] = [
    ['cmaps', (name) => name.endsWith('.bcmap')],
    ['standard_fonts', (name) => /\.(pfb|ttf)$/.test(name)],
    ['wasm', (name) => name.endsWith('_nowasm_fallback.js')],
  ]
  return {
    name: 'pdf-files',
    apply: 'build',
    generateBundle() {
      for (const [folder, keep] of wanted) {
        for (const name of readdirSync(join(pdfRoot, folder)).filter(keep)) {
          const source = readFileSync(join(pdfRoot, folder, name))
          this.emitFile({ type: 'asset', fileName: `assets/pdf-${pdfVersion}/${folder}/${name}`, source })
        }
      }
    },
  }
}

/** Quality of brotli: a tenth of a second a megabyte here, and within a tenth of the smallest. */
const BROTLI_QUALITY = 9

/** Puts a compressed twin beside every text a browser loads; the server sends it to whoever takes it. */
function compressedTwins(): Plugin {
  return {
    name: 'compressed-twins',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        for (const [fileName, file] of Object.entries(bundle)) {
          if (!/\.(js|mjs|css|svg)$/.test(fileName)) continue
          const plain = Buffer.from(file.type === 'chunk' ? file.code : file.source)
          const source = brotliCompressSync(plain, {
            params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY },
          })
          if (source.length < plain.length)
            this.emitFile({ type: 'asset', fileName: `${fileName}.br`, source })
        }
      },
    },
  }
}

export default defineConfig(({ mode }) => ({
  root: mode === 'stories' ? join(import.meta.dirname, 'stories') : import.meta.dirname,
  publicDir: join(import.meta.dirname, 'public'),
  plugins: [react(), pdfFiles(), compressedTwins()],
  define: { __PDF_FILES__: JSON.stringify(`/assets/pdf-${pdfVersion}/`) },
  build: {
    outDir: join(import.meta.dirname, mode === 'stories' ? '../dist/stories' : '../dist/web'),
    emptyOutDir: true,
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    chunkSizeWarningLimit: 1500,
    reportCompressedSize: false,
  },
}))
