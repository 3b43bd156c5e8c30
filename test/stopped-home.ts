/**
 * A home as a stopped installation leaves it, without having been started: the layout, the certificates, a root key, replicas and
 * folders of databases of the real forms, so that a test can break one at a time in a blink.
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildConfig, type Config, writeInstallation } from '#core/config.ts'
import { createRootKey } from '#core/keys/root-key.ts'
import { ensureCertificates } from '#up/certificates.ts'
import { layOutHome, openHome } from '#up/home-layout.ts'
import { freePort } from './installation.ts'

/** A file of this size is a replica to whoever cannot open it. */
const SEALED = Buffer.alloc(512, 7)

/** Makes it in an empty folder, for this user alone unless `hasSystemUsers`. */
export async function makeStoppedHome(folder: string, hasSystemUsers = false): Promise<Config> {
  chmodSync(folder, 0o755)
  const told = {
    role: 'up' as const,
    home: join(folder, 'home'),
    port: await freePort(),
    env: { PANOPLY_RUN: join(folder, 'run'), PANOPLY_ROOT_KEY: join(folder, 'panoply', 'root.key') },
  }
  const config: Config = { ...buildConfig(told), hasSystemUsers }
  openHome(config.home)
  layOutHome(config, null)
  writeInstallation(config)
  await ensureCertificates(config, null)
  createRootKey({ file: config.rootKeyFile })
  for (const replica of [config.keeperFolder, join(config.keeperFolder, 'replica')]) {
    mkdirSync(replica, { recursive: true, mode: 0o700 })
    writeFileSync(join(replica, 'state.sealed'), SEALED, { mode: 0o600 })
  }
  for (const { cells } of config.regions)
    for (const { clusterFolder } of cells)
      if (clusterFolder !== null) {
        mkdirSync(clusterFolder, { recursive: true, mode: 0o700 })
        writeFileSync(join(clusterFolder, 'PG_VERSION'), '18\n', { mode: 0o600 })
      }
  return config
}

/** The root key as it stands in its file, for whoever looks whether it was told. */
export function secretOf({ rootKeyFile }: Config): string {
  const content: { key: string } = JSON.parse(readFileSync(rootKeyFile, 'utf8'))
  return content.key
}
