// Shapes of the guide at the API.
import Type from 'typebox'

const strict = { additionalProperties: false } as const

export const Guide = Type.Object(
  {
    steps: Type.Array(
      Type.Object(
        {
          name: Type.String({
            description: 'What was done when it is taken, e.g. `knowledge.snip.created`.',
          }),
          isTaken: Type.Boolean(),
        },
        strict,
      ),
      { description: 'Those that concern you. While dismissed, as far as was known until then.' },
    ),
    isDismissed: Type.Boolean(),
  },
  { ...strict, $id: 'Guide' },
)
export type Guide = Type.Static<typeof Guide>

export const GuideChange = Type.Object({ isDismissed: Type.Boolean() }, strict)
export type GuideChange = Type.Static<typeof GuideChange>
