// Asking for an account: everything is checked, nothing is stored, one mail goes out.
// Must stay true: whoever asks chooses nothing that opens the account; the password is the addressee's, who holds the link.
import { cleanName } from '../clean-name.ts'
import type { Ctx } from '../ctx.ts'
import { homeRegion } from '../regions/home-region.ts'
import { readMailAddress, refuseFreeMail } from './mail-address.ts'
import { sealSignUp } from './sign-up-token.ts'

export interface NewAccount {
  readonly email: string
  readonly displayName: string
  readonly country: string
  readonly region?: string
}

/**
 * Sends the verification mail, with a link to the region the address belongs to. The answer is the same whether the account, or its
 * organisation, exists or not, here or elsewhere. Throws `invalid_request`, `free_mail_domain`, `region_needs_waiver`.
 */
export async function createAccount(ctx: Ctx, input: NewAccount): Promise<{ sent: true }> {
  const mail = readMailAddress(input.email)
  refuseFreeMail(mail)
  const displayName = cleanName(input.displayName, 'displayName')
  const wished = homeRegion(input.country, input.region, ctx.regions)
  const place = await ctx.directory.findByDomain(mail.domain)
  const region = place?.region ?? ctx.regions.find(({ name }) => name === wished)
  if (!region) throw new Error(`region ${wished} is not set up`)
  const token = await sealSignUp(
    ctx.regionKeys(region.name, 'signup'),
    region.name,
    { ...mail, displayName, country: input.country },
    ctx.now(),
  )
  await ctx.mail.sendVerification({
    region: region.name,
    tenant: place?.tenant ?? null,
    to: mail.address,
    url: `${region.url}/verify?token=${token}`,
    secret: token,
  })
  return { sent: true }
}
