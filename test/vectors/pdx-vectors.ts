/** Signatures that Pandexio's Ruby SDK (gem 0.0.11) states in its own tests and, for its README, makes itself. */
import type { PdxQuestion } from '../sign-request.ts'

export interface PdxVector {
  readonly what: string
  readonly mechanism: 'header' | 'query'
  readonly question: PdxQuestion
  readonly signature: string
}

const common: PdxQuestion = {
  method: 'PUT',
  path: '/asdf/qwer/1234/title',
  query: { nonce: '987654321', Baseline: '5' },
  headers: { sample: 'example', Host: 'localhost' },
  body: 'testing',
  date: '2014-11-21T13:43:15Z',
  expires: 90,
  originator: '',
  email: 'Anonymous',
  displayName: 'Anonymous',
}
const readme: PdxQuestion = {
  method: 'GET',
  path: '/v2/documents/a4df7a95-d1f6-4664-b208-74568990bd15/cover',
  query: { coverSize: 'xl' },
  headers: { Host: 'platform.pandexio.com' },
  date: '2015-06-10T13:22:46Z',
  expires: 90,
  originator: 'Demo',
  email: 'terry@contoso.com',
  displayName: 'Terry Contoso',
}

/** What changes, its signature by header, and by query where there is one. */
const rows: readonly [Partial<PdxQuestion>, string, string?][] = [
  [
    {},
    'a2e3dbc31b712bec6071dc7c5770bc60d4b03afa20e8329e6f4f6a2d74d32709',
    '6ab83c6a331ba2d684d2557f1e415f3aee86bee105da1f5ad1bc4cc1cdf42f1a',
  ],
  [
    { email: 'anonymous' },
    'd2c3ba8ed5c10371a4a370a7e7ee5f483d4eaac4545a97d6aaced30d8e62d2a0',
    '4a8516231d42bf673e0660cebd81112f9540994856b2173daf2829b4897e3ada',
  ],
  [
    { email: 'ANONYMOUS' },
    '865f3555991dc8f73760058b643a6a169c07c3a32ab3d247aa0eebdc24e9d6e9',
    '8d549c05c925b92b609f9746be57acf944cdb13749de084d3d21daebb91b0c0a',
  ],
  [
    { displayName: 'A. Anonymous' },
    'e1fc00541454d11c58bae1273af56b528def5e60575feedbe0a9019b88fe1b79',
    'bcc1e6b33cd7f84316dc9cfd428a1d9161fd575de55d7e86008fb33664f43ac7',
  ],
  [
    { displayName: 'á Anonymous' },
    '347ac3df3930eaf2ba107c932e740dae5430a99f4fef76b18a4452d07125c209',
    '1f008f205bff02f7a62c2bf9f630f9506c794524f51a37ce4140c1587ad90616',
  ],
  [
    { path: '/asdf/qwer/1234/title and description' },
    'e8946dbd83307f5bf86f7f152d6cee95426834dd5901588da84df1b8207e2bca',
    '9cbd539d41fe31394b11b848970cc127b514dadb9d52223c4dcab5089a86ae44',
  ],
  [
    { body: 'testing á' },
    'fec62f69abbb53261dceaf1a52dab932e24e5f6e97f189da559562e14c13a9f7',
    '5155764a11094d8bfe4ebca3b0c87e8547636bd5391948fd2f2f2afa634ffabb',
  ],
  [
    { profileImage: 'abcdefg' },
    'e7fb1de006519be4a1c778c3055f05dfa2fafb96fb1bc033a77ba4df4da8829d',
    'ead72d2e09c2a74b9712178f43eb68eed1c3877b206b221507eb8a1a82b67c77',
  ],
  [{ path: '/asdf/documents/123/title' }, 'a50904ead09b479ccd6118d2d5f27433705277dee7999c182fc2004e361f01c9'],
  [
    { query: { nonce: '987654321', Baseline: '5', documentIds: '456,789' } },
    '58a77ea3a32398c9319d42f91889a73773a7ae7a3adfd500f68b3f762462ecda',
  ],
  [
    {
      path: '/asdf/documents/123/title',
      query: { nonce: '987654321', Baseline: '5', documentIds: '456,789' },
    },
    '96f733306ca1a35108bcdfd6724b696e0e55e9fb50ef33389f0776357e32ff26',
  ],
]

export const pdxVectors: readonly PdxVector[] = [
  ...rows.flatMap(([change, header, query]) => {
    const what = JSON.stringify(change)
    const of = (mechanism: PdxVector['mechanism'], signature: string, originator: string): PdxVector => ({
      what: `${mechanism} ${what}`,
      mechanism,
      question: { ...common, originator, ...change },
      signature,
    })
    return [
      of('header', header, 'HeaderSigningTest'),
      ...(query ? [of('query', query, 'QueryStringSigningTest')] : []),
    ]
  }),
  {
    what: 'README by header',
    mechanism: 'header',
    question: readme,
    signature: 'ca06d2b5a54d3d34825af8fec373ea02aca7a2e0ad32665fcd2ff5811a22e793',
  },
  {
    what: 'README by query',
    mechanism: 'query',
    question: readme,
    signature: 'c0163f2231b211f4102ae9fc217efdf42737c9104085d81a52b2ae1e14130db0',
  },
]
