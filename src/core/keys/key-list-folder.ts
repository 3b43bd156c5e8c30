// Where lists of wrapped keys lie beside the database.
import { join } from 'node:path'

/** What older copies of a region's database need to open what still lives; without a region, the folder of all. */
export function keyListFolder(home: string, region = ''): string {
  return join(home, 'keys', region)
}
