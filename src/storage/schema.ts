import { Type } from '@sinclair/typebox'

export const WireVacuum = Type.Object(
  {
    bytes_before: Type.Integer({ description: 'What the database took on the disk, its log included' }),
    bytes_after: Type.Integer({ description: 'What it takes now' }),
  },
  { $id: 'Vacuum', description: 'What was given back to the disk.' },
)
