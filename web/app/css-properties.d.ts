// Custom properties that components set from code.
import 'react'

declare module 'react' {
  interface CSSProperties {
    '--total-scale-factor'?: number
    '--scale-round-x'?: string
    '--scale-round-y'?: string
  }
}
