// A thread of read-all-lines.ts: reads the pieces it is sent and answers each.
import { parentPort, workerData } from 'node:worker_threads'
import { readLines } from './verify-lines.ts'

parentPort?.on('message', (piece: Uint8Array) => parentPort?.postMessage(readLines(piece, workerData)))
