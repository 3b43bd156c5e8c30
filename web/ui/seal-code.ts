// What a person types from paper: whether it can be a seal code, and its one form. The server judges the rest.

/** The code in its printed form, or null. Letters that paper confuses are read as the code writes them. */
export function readSealCode(typed: string): string | null {
  const letters = typed.trim().toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1')
  return /^[0-9A-HJKMNP-TV-Z]{10}$/.test(letters) ? `${letters.slice(0, 5)}-${letters.slice(5)}` : null
}
