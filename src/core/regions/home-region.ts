// Which region a founder's country belongs to (claim P9-21).
import { PublicError } from '../errors.ts'

const EEA = new Set(
  'AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO'.split(' '),
)
const ASIA_PACIFIC = new Set(
  `AE AF AM AU AZ BD BH BN BT CN FJ GE HK ID IL IN IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO MV MY NP NZ OM PG PH PK PS QA SA SG SY
   TH TJ TL TM TR TW UZ VN WS YE`.split(/\s+/),
)

/**
 * The region for a founder: `eu` for the EU and the EEA, whatever is asked; the wish of others, else their own region.
 * Throws `region_needs_waiver` when an EEA founder asks for another one.
 */
export function homeRegion(
  country: string,
  wish: string | undefined,
  regions: readonly { name: string }[],
): string {
  if (EEA.has(country)) {
    if (wish !== undefined && wish !== 'eu') throw new PublicError('region_needs_waiver')
    return 'eu'
  }
  if (wish !== undefined) {
    if (!regions.some(({ name }) => name === wish)) {
      throw new PublicError('invalid_request', 'There is no such region here.', {
        details: { field: 'region' },
      })
    }
    return wish
  }
  const own = ASIA_PACIFIC.has(country) ? 'asia' : AMERICAS.test(country) ? 'us' : 'eu'
  return regions.some(({ name }) => name === own) ? own : (regions[0]?.name ?? 'eu')
}

const AMERICAS =
  /^(AG|AI|AR|AW|BB|BL|BM|BO|BQ|BR|BS|BZ|CA|CL|CO|CR|CU|CW|DM|DO|EC|FK|GD|GF|GL|GP|GT|GY|HN|HT|JM|KN|KY|LC|MF|MQ|MS|MX|NI|PA|PE|PM|PR|PY|SR|SV|SX|TC|TT|US|UY|VC|VE|VG|VI)$/
