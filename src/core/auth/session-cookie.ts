// The session cookie: host-only, out of reach of scripts, never sent from another site. One name a region, because browsers
// share cookies between the ports of one host.

/** The name of a region's cookie. */
export function cookieName(region: string): string {
  return `__Host-panoply-${region}`
}

/** The Set-Cookie value that carries a token until it expires. */
export function sessionCookie(region: string, token: string, expiresAt: Date): string {
  return `${cookieName(region)}=${token}; Path=/; Secure; HttpOnly; SameSite=Strict; Expires=${expiresAt.toUTCString()}`
}

/** The Set-Cookie value that takes it away. */
export function noSessionCookie(region: string): string {
  return `${cookieName(region)}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0`
}
