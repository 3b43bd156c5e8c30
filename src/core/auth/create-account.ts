// Asking for an account: everything is checked, nothing is stored, one mail goes out.
import { cleanName } from '../clean-name.ts'
import type { Ctx } from '../ctx.ts'
import { homeRegion } from '../regions/home-region.ts'
import { readMailAddress, refuseFreeMail } from './mail-address.ts'
import { checkPassword } from './password.ts'
import { sealSignUp } from './sign-up-token.ts'

export interface NewAccount {
  readonly email: string
  readonly password: string
  readonly displayName: string
  readonly country: string
  readonly region?: string
}

/** The shortest password a founder may choose; an organisation decides for those who join it. */
const MINIMUM_LENGTH = 12

/**
 * Sends the verification mail. The answer is the same whether the account, or its organisation, exists or not.
 * Throws `invalid_request`, `free_mail_domain`, `weak_password`, `region_needs_waiver`.
 */
export async function createAccount(ctx: Ctx, input: NewAccount): Promise<{ sent: true }> {
  const mail = readMailAddress(input.email)
  refuseFreeMail(mail)
  const displayName = cleanName(input.displayName, 'displayName')
  const wished = homeRegion(input.country, input.region, ctx.regions)
  const place = await ctx.directory.findByDomain(mail.domain)
  const minimum = place ? await minimumLength(ctx, place.tenant) : MINIMUM_LENGTH
  checkPassword(input.password, minimum, [displayName, mail.address])
  const region = place?.region ?? ctx.regions.find(({ name }) => name === wished)
  if (!region) throw new Error(`region ${wished} is not set up`)
  const token = await sealSignUp(
    ctx.regionKeys(region.name, 'signup'),
    region.name,
    {
      address: mail.address,
      domain: mail.domain,
      displayName,
      country: input.country,
      password: await ctx.passwords.hash(input.password),
    },
    ctx.now(),
  )
  await ctx.mail.sendVerification({
    region: region.name,
    tenant: place?.tenant ?? null,
    to: mail.address,
    displayName,
    url: `${region.url}/verify?token=${token}`,
  })
  return { sent: true }
}

async function minimumLength(ctx: Ctx, tenant: string): Promise<number> {
  const row = await (await ctx.tenant(tenant))
    .db('activity')
    .selectFrom('organisation')
    .select('password_minimum_length')
    .executeTakeFirst()
  return row?.password_minimum_length ?? MINIMUM_LENGTH
}
