/** A house with a resident, and what the probes of the cell process stand on in it. Tests break it from below and put it right again. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { CellGround } from '#cell/evidence/cell-ground.ts'
import { buildConfig } from '#core/config.ts'
import { type SteadyClient, steadyClient } from '#core/db/steady-client.ts'
import { type OwnHouse, openHouse, type Resident } from './own-house.ts'

export interface ProbeHouse {
  readonly house: OwnHouse
  readonly resident: Resident
  /** Routing id of the resident's organisation. */
  readonly tenant: string
  readonly ground: CellGround
  /** As migrator, who owns everything. */
  run(text: string, values?: readonly unknown[]): Promise<void>
  stop(): Promise<void>
}

/** Opens it; takes about four seconds. */
export async function openProbeHouse(): Promise<ProbeHouse> {
  const house = await openHouse()
  const resident = await house.aResident()
  const clients: SteadyClient[] = []
  const asker = (client: SteadyClient): CellGround['ask'] => {
    clients.push(client)
    return async (text, values = []) =>
      (await client.use((one) => one.query({ text, values: [...values] }))).rows
  }
  const ask = asker(steadyClient(house.login('migrator')))
  const home = join(house.folder, 'home')
  mkdirSync(home, { mode: 0o700 })
  const [place] = house.ctx.regions
  if (!place) throw new Error('a house has a region')
  mkdirSync(place.blobRoot, { recursive: true, mode: 0o700 })
  const planned = buildConfig({ role: 'up', home, env: { PANOPLY_ROOT_KEY: join(home, 'root.key') } })
  return {
    house,
    resident,
    tenant: resident.token.split('.')[0] ?? '',
    ground: {
      region: place,
      config: { ...planned, hasSystemUsers: false, regions: [place] },
      ask,
      askDirectory: asker(steadyClient(house.login('registrar', 'directory'))),
      askQueue: asker(steadyClient(house.login('dispatcher'))),
      async liveEpochs() {
        const { regions } = await house.keeper.as('cell').ask('status', {})
        return regions.find(({ name }) => name === 'eu')?.epochs ?? []
      },
    },
    async run(text, values) {
      await ask(text, values)
    },
    async stop() {
      await Promise.all(clients.map((client) => client.close()))
      await house.stop()
    },
  }
}
