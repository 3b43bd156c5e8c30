// What opening throws when bytes are not what was sealed here.

/** Sealed bytes do not open for this place: changed, swapped or of an unknown key. A bug or an attack, never the caller's mistake (500, `damaged`). */
export class SealBroken extends Error {
  override name = 'SealBroken'
}
