// The claims registry over HTTP. What it shows belongs to the region and not to a tenant; who looked is in the tenant's log.
import type { Ctx } from '#core/ctx.ts'
import { PublicError } from '#core/errors.ts'
import { type Route, route } from '#core/route.ts'
import {
  ClaimDetail,
  ClaimList,
  ClaimPath,
  ClaimResult,
  EvidenceProof,
  ResultPath,
  RunPath,
} from './claim.schema.ts'
import { statusOfClaim } from './claim-status.ts'
import { type Claim, claims } from './registry.ts'
import { showClaim, showResult } from './show-claim.ts'

const HISTORY = 60

export const claimRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/v1/claims',
    operationId: 'listClaims',
    permission: 'trust.claim.read',
    summary: 'Every claim, whether it holds, and what shows it',
    schema: { response: { 200: ClaimList } },
    async handler(ctx, { actor }) {
      const newest = await ctx.evidenceLog.newest(actor.region)
      const now = ctx.now()
      const list = claims.map((claim) =>
        showClaim(claim, statusOfClaim(claim, ctx.evidence, newest, now), actor.region),
      )
      const passed = list.filter(({ status }) => status === 'PASS').length
      await ctx.read(actor, async (tx) =>
        tx.audit({ action: 'trust.claim.listed', detail: { count: list.length, passed } }),
      )
      return list
    },
  }),
  route({
    method: 'GET',
    url: '/v1/claims/:id',
    operationId: 'readClaim',
    permission: 'trust.claim.read',
    summary: 'One claim with its history, and the proof of its newest result opened',
    schema: { params: ClaimPath, response: { 200: ClaimDetail } },
    async handler(ctx, { actor, params }) {
      const claim = findClaim(params.id)
      const newest = await ctx.evidenceLog.newest(actor.region)
      const told = statusOfClaim(claim, ctx.evidence, newest, ctx.now())
      const names = told.evidence.map(({ evidence }) => evidence.name)
      const history = names.length === 0 ? [] : await ctx.evidenceLog.history(actor.region, names, HISTORY)
      const proof = told.decisive && (await ctx.evidenceLog.prove(actor.region, told.decisive.position))
      await ctx.read(actor, async (tx) =>
        tx.audit({ action: 'trust.claim.read', detail: { claim: claim.id, status: told.status } }),
      )
      return {
        ...showClaim(claim, told, actor.region),
        proof,
        history: history.map((result) => showResult(result, newest.program)),
      }
    },
  }),
  route({
    method: 'GET',
    url: '/v1/evidence-log/:position/proof',
    operationId: 'proveEvidence',
    permission: 'trust.claim.read',
    summary: 'Proof that a result is in the evidence log of the region',
    schema: { params: ResultPath, response: { 200: EvidenceProof } },
    async handler(ctx, { actor, params }) {
      const proof = await ctx.evidenceLog.prove(actor.region, params.position)
      await ctx.read(actor, async (tx) =>
        tx.audit({ action: 'trust.evidence.proven', detail: { position: params.position } }),
      )
      return proof
    },
  }),
  route({
    method: 'POST',
    url: '/v1/evidence/:name/runs',
    operationId: 'runEvidence',
    permission: 'trust.evidence.run',
    summary: 'Run one check of the running system now; answers its result',
    schema: { params: RunPath, response: { 201: ClaimResult } },
    async handler(ctx, { actor, params, reply }) {
      const known = ctx.evidence.some(({ name, kind }) => name === params.name && kind === 'live')
      if (!known) throw new PublicError('not_found')
      const position = await ctx.runEvidence(actor.region, params.name)
      const result = await resultAt(ctx, actor.region, params.name, position)
      await ctx.read(actor, async (tx) =>
        tx.audit({
          action: 'trust.evidence.ran',
          detail: { evidence: params.name, outcome: result.status, position },
        }),
      )
      reply.code(201)
      return result
    },
  }),
]

/** Throws `not_found`. */
function findClaim(id: string): Claim {
  const claim = claims.find((one) => one.id === id)
  if (!claim) throw new PublicError('not_found')
  return claim
}

async function resultAt(ctx: Ctx, region: string, evidence: string, position: number) {
  const { program } = await ctx.evidenceLog.newest(region)
  const results = await ctx.evidenceLog.history(region, [evidence], 5)
  const result = results.find((one) => one.position === position)
  if (!result) throw new Error(`the result at ${position} is not in the evidence log`)
  return showResult(result, program)
}
