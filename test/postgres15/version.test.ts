import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { connectAsRole } from '../as-role.ts'
import { theInstallation } from '../installation.ts'
import { startCluster } from '../own-cluster.ts'

const versionOf = async (client: pg.Client): Promise<string> => {
  try {
    const { rows } = await client.query<{ server_version_num: string }>('show server_version_num')
    return rows[0]?.server_version_num ?? ''
  } finally {
    await client.end()
  }
}

test('what runs in this stage runs on PostgreSQL 15: the clusters of tests', async () => {
  const cluster = await startCluster()
  const client = new pg.Client({
    host: cluster.socketDir,
    port: cluster.port,
    user: cluster.superuser,
    password: cluster.superuserPassword,
    database: 'postgres',
  })
  await client.connect()
  assert.match(await versionOf(client), /^15\d{4}$/)
  await cluster.stop()
})

test('what runs in this stage runs on PostgreSQL 15: a whole installation', async () => {
  const installation = await theInstallation()
  const client = await connectAsRole(installation, 'eu', 'router')
  assert.match(await versionOf(client), /^15\d{4}$/)
})
