import { type Static, Type } from '@sinclair/typebox'

export const WireHardware = Type.Object(
  { name: Type.String(), sku: Type.String({ description: 'What programs call it.' }) },
  { $id: 'Hardware', description: 'A kind of thing that models can run on.' },
)

export type Hardware = Static<typeof WireHardware>
