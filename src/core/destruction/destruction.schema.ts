// Shapes of destructions and their certificates at the API.
import Type from 'typebox'
import { page } from '../page.schema.ts'

const strict = { additionalProperties: false } as const
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const When = Type.String({ format: 'date-time' })

export const DestructionId = Type.String({ pattern: '^des_[0-9a-hjkmnp-tv-z]{26}$' })
export const DestructionPath = Type.Object({ id: DestructionId }, strict)
export const DestructionState = Type.Enum(['waiting', 'forgetting', 'erased', 'certified'], {
  description:
    'waiting: the key is destroyed, copies lent to processes are running out and the index is rewritten. forgetting: what lives is wrapped anew. ' +
    'erased: no copy opens any more. certified: the certificate is in the audit log.',
})
export const Destruction = Type.Object(
  {
    id: DestructionId,
    kind: Type.Enum(['document', 'person', 'organisation']),
    subjectId: Type.String({ description: 'Id of what was destroyed.' }),
    state: DestructionState,
    keys: Type.Integer({ minimum: 0, description: 'Versions of keys that were destroyed.' }),
    destroyedAt: When,
    forgottenAt: nullable(When),
    certifiedAt: nullable(When),
  },
  { ...strict, $id: 'Destruction' },
)
export const DestructionList = Type.Object(
  { items: Type.Array(Destruction), next: nullable(Type.String()) },
  { ...strict, $id: 'DestructionList' },
)
export const DestructionQuery = Type.Object(
  {
    ...page,
    subject: Type.Optional(
      Type.String({ pattern: '^(doc|per|exp)_[0-9a-hjkmnp-tv-z]{26}$', description: 'Only of this record.' }),
    ),
  },
  strict,
)
export type DestructionQuery = Type.Static<typeof DestructionQuery>
