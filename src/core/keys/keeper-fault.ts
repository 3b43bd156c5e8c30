// Why keys at rest are not used: the message is for the operator and holds no secret.

/** The keeper's files are not as they must be; a person has to look. */
export class KeeperFault extends Error {
  override name = 'KeeperFault'
}
