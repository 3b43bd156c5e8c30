// A thread of password-strength.ts: how hard each password it is sent is to guess.
import { parentPort } from 'node:worker_threads'
import { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { adjacencyGraphs, dictionary as common } from '@zxcvbn-ts/language-common'
import { dictionary as english } from '@zxcvbn-ts/language-en'

/** Beyond these it is strong, or its beginning is weak; the work grows with the square of it. */
const MOST_CHARACTERS = 64

const listed = new Set(common['passwords-common'].map(String))
const estimate = new ZxcvbnFactory({
  graphs: adjacencyGraphs,
  // Without the words of an encyclopedia and of diceware, with which a guess takes several times as long (decision 0024).
  dictionary: {
    passwords: common['passwords-common'],
    words: english['commonWords-en'],
    firstNames: english['firstnames-en'],
    lastNames: english['lastnames-en'],
  },
  maxLength: MOST_CHARACTERS,
  l33tMaxSubstitutions: 8,
})

parentPort?.on('message', ({ password, personal }: { password: string; personal: string[] }) => {
  const text = password.slice(0, MOST_CHARACTERS)
  const isListed = listed.has(password.toLowerCase())
  parentPort?.postMessage({ isListed, score: isListed ? 0 : estimate.check(text, personal).score })
})
