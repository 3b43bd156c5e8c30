// Which region a request is for, and whether it asks for it by its name. The one list of host names that are served: whoever
// needs to know (cookies, origins, signatures over the authority) asks here.
// Must stay true: the client's words choose nothing. The port it arrived at names the region, and `Host` must be that region's own;
// only a proxy that is trusted may name another by `X-Forwarded-Host`.
import type { FastifyRequest } from 'fastify'
import type { RegionPlace } from '#core/config.ts'
import { PublicError } from '#core/errors.ts'

type Place = Pick<RegionPlace, 'name' | 'port' | 'url'>

/** Answers which region a request belongs to. */
export interface HostNames {
  /** The region whose door the request came through; the first one when there is no telling. Refuses nothing, so refusals can be counted under it. */
  arrivalOf(request: FastifyRequest): string
  /**
   * The region that serves the request.
   * Throws `invalid_request` when `Host` is missing or doubled, `wrong_region` with `details.url` when it is not this region's.
   */
  regionOf(request: FastifyRequest): string
}

/** Serves each region under the authority of its own url (`hostName:port`; without the port where that is 443) and no other. */
export function openHostNames(regions: readonly [Place, ...Place[]]): HostNames {
  const byPort = new Map(regions.map((place) => [place.port, place]))
  const byAuthority = new Map(regions.map((place) => [authorityOf(place.url), place]))
  const arrival = (request: FastifyRequest): Place =>
    byPort.get(request.socket.localPort ?? 0) ??
    byAuthority.get(readAuthority(request.headers.host)) ??
    regions[0]

  return {
    arrivalOf: (request) => arrival(request).name,
    regionOf(request) {
      if (countHosts(request.raw.rawHeaders) > 1 || request.headers.host === undefined)
        throw new PublicError('invalid_request', 'A request has exactly one `Host`.', {
          details: { header: 'host' },
        })
      // Fastify answers the forwarded host here when, and only when, the connection is a trusted proxy's.
      const isForwarded = request.host !== request.headers.host
      const expected = arrival(request)
      const asked = byAuthority.get(readAuthority(request.host))
      if (asked && (isForwarded || asked === expected)) return asked.name
      throw new PublicError('wrong_region', 'This address is not served under that host name.', {
        details: { region: expected.name, url: expected.url },
      })
    },
  }
}

/** How often `Host` came, in a list of names and values in turn. */
function countHosts(rawHeaders: readonly string[]): number {
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name?.length === 4 && name.toLowerCase() === 'host') count++
  }
  return count
}

function authorityOf(url: string): string {
  return new URL(url).host.toLowerCase()
}

/** The authority as a url writes it: lower case, the default port left out. What is no authority is nobody's. */
function readAuthority(text: string | undefined): string {
  if (text === undefined || !/^[a-z0-9.[\]:-]{1,255}$/i.test(text)) return ''
  return text.toLowerCase().replace(/:443$/, '')
}
