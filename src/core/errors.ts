// The one error a caller may see. Owns the table of codes: each has its status, what it means and whether trying again can help.
// Must stay true: a code never changes its meaning; a message is written for the caller and holds nothing private.

/** Every stable error code, with its HTTP status, its title and the help text that `docs/errors.md` prints. */
export const ERROR_CODES = {
  invalid_request: {
    status: 400,
    title: 'The request is not valid',
    help: 'The body, a parameter or a header does not have the documented form. `details` names the places.',
    retry: false,
  },
  unauthenticated: {
    status: 401,
    title: 'Sign-in needed',
    help: 'No session or key was given, or it has ended, was revoked or is unknown.',
    retry: false,
  },
  signature_refused: {
    status: 401,
    title: 'The signature was not accepted',
    help: '`details.reason` says what is wrong with it, as far as that may be told; docs/signing.md explains each. Sign the request again.',
    retry: false,
  },
  wrong_credentials: {
    status: 401,
    title: 'E-mail or password is wrong',
    help: 'The pair is not known here. Both are checked with the same effort, so this says nothing about which one is wrong.',
    retry: false,
  },
  forbidden: {
    status: 403,
    title: 'Not permitted',
    help: 'Your role does not include this. `details.permission` names what is missing; an administrator can grant it.',
    retry: false,
  },
  cross_site: {
    status: 403,
    title: 'Request from another site refused',
    help: 'A request that changes something came with a cookie but from another site. Use the app itself or an API key.',
    retry: false,
  },
  not_found: {
    status: 404,
    title: 'Not found',
    help: 'There is nothing with this address, or it is not yours to see.',
    retry: false,
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    help: 'The address exists, but not with this method.',
    retry: false,
  },
  request_timeout: {
    status: 408,
    title: 'The request came too slowly',
    help: 'It was not whole in time, or its bytes came more slowly than can be waited for. Nothing was stored; send it again.',
    retry: true,
  },
  conflict: {
    status: 409,
    title: 'Conflicts with what is there',
    help: 'Something with the same identity exists already, or it changed in between. Read it again and decide.',
    retry: false,
  },
  account_exists: {
    status: 409,
    title: 'This account exists already',
    help: 'The address was verified before. Sign in instead.',
    retry: false,
  },
  last_owner: {
    status: 409,
    title: 'The last owner stays',
    help: 'An organisation keeps at least one owner. Make somebody else an owner first.',
    retry: false,
  },
  document_not_ready: {
    status: 409,
    title: 'The document is still being read',
    help: 'Its text is not extracted yet, or could not be. Watch its activity and try again.',
    retry: true,
  },
  upload_offset: {
    status: 409,
    title: 'The upload goes on elsewhere',
    help: 'The bytes do not begin where the upload ends. `details.offset` and `HEAD` say where to go on.',
    retry: true,
  },
  not_sealed_yet: {
    status: 409,
    title: 'Not sealed yet',
    help: 'The event is recorded, but not yet in a signed tree. Sealing takes about a second; try again.',
    retry: true,
  },
  gone: {
    status: 410,
    title: 'Destroyed',
    help: 'The key of this record was destroyed; nobody can read it any more.',
    retry: false,
  },
  keys_destroyed: {
    status: 410,
    title: 'The keys were destroyed',
    help: 'What opens these data was destroyed: this is an older copy, or its organisation was destroyed. Where the data outlived the copy, an operator brings the wrapped keys of today.',
    retry: false,
  },
  upload_expired: {
    status: 410,
    title: 'The upload has expired',
    help: 'It was not finished in time, and what had arrived is removed. Begin again.',
    retry: false,
  },
  protocol_version: {
    status: 412,
    title: 'Another version of the protocol',
    help: '`Tus-Resumable` must be one of the versions in `Tus-Version`. Nothing was done.',
    retry: false,
  },
  precondition_failed: {
    status: 412,
    title: 'Not the version that was asked for',
    help: '`If-Match` names other bytes than the ones that are here. Read it again and decide.',
    retry: false,
  },
  file_too_large: {
    status: 413,
    title: 'The file is too large',
    help: 'A file may have up to 100 MB. Nothing was stored.',
    retry: false,
  },
  body_too_large: {
    status: 413,
    title: 'The request is too large',
    help: 'The body exceeds what this address accepts. Nothing was stored.',
    retry: false,
  },
  not_a_pdf: {
    status: 415,
    title: 'Not a PDF',
    help: 'The file does not begin like a PDF, whatever its name says. Nothing was stored.',
    retry: false,
  },
  unsupported_media_type: {
    status: 415,
    title: 'Content type not accepted',
    help: 'This address takes `application/json`, `multipart/form-data` for files, or `application/offset+octet-stream` for parts of them.',
    retry: false,
  },
  range_not_satisfiable: {
    status: 416,
    title: 'No such part',
    help: 'The range begins behind the end. `Content-Range` and `details.size` say how many bytes there are.',
    retry: false,
  },
  expectation_failed: {
    status: 417,
    title: 'Expectation not met',
    help: 'The only `Expect` that is understood here is `100-continue`.',
    retry: false,
  },
  wrong_region: {
    status: 421,
    title: 'Served in another region',
    help: 'This organisation, or this address, is served only in its own region and under its host name; `details.url` says where.',
    retry: false,
  },
  document_unreadable: {
    status: 422,
    title: 'The document cannot be read',
    help: 'The file is kept, but its pages cannot be opened: it is damaged, encrypted or asks too much. The document says why.',
    retry: false,
  },
  empty_file: {
    status: 422,
    title: 'The file is empty',
    help: 'There is nothing in the file. Nothing was stored.',
    retry: false,
  },
  address_refused: {
    status: 422,
    title: 'This address is not called',
    help: 'Only public places on the web are called, by http or https at their usual ports, without user names. `details.reason` says what stood in the way.',
    retry: false,
  },
  address_unknown: {
    status: 422,
    title: 'There is no such address',
    help: 'The name in the address belongs to nothing on the internet. Check its spelling.',
    retry: false,
  },
  address_unreachable: {
    status: 422,
    title: 'The address does not answer',
    help: 'No connection to it came about. Try again later.',
    retry: false,
  },
  address_untrusted: {
    status: 422,
    title: 'The address cannot prove who it is',
    help: 'Its certificate is not valid, has ended, or belongs to somebody else. Nothing was sent to it.',
    retry: false,
  },
  address_timed_out: {
    status: 422,
    title: 'The address is too slow',
    help: 'Its answer did not come in time, or too slowly to wait for. Nothing was stored.',
    retry: false,
  },
  address_missing: {
    status: 422,
    title: 'There is nothing at this address',
    help: 'The place exists, but says that it has nothing under this address (404 or 410).',
    retry: false,
  },
  address_closed: {
    status: 422,
    title: 'The address wants a sign-in',
    help: 'What lies there is only for people who are signed in there (401 or 403). Save the file and add it from your device.',
    retry: false,
  },
  address_failed: {
    status: 422,
    title: 'The address gave no usable answer',
    help: 'It answered with an error, broke off, sent its callers in circles or wrote what cannot be read. `details.reason` says more where known.',
    retry: false,
  },
  seals_damaged: {
    status: 422,
    title: 'Something does not open any more',
    help: 'Everything else is sealed with the new keys. What does not open was left as it is, and so were the older keys that might open it; the events `core.key.resealed` of the audit log say where it is. Bring it back from a backup, then rotate again.',
    retry: false,
  },
  quote_not_found: {
    status: 422,
    title: 'The passage is not on that page',
    help: 'The quoted text does not occur in the text of the page. Check the page number and the quote.',
    retry: false,
  },
  page_out_of_range: {
    status: 422,
    title: 'No such page',
    help: 'The document has fewer pages.',
    retry: false,
  },
  picture_unavailable: {
    status: 422,
    title: 'No picture of this page',
    help: 'The page, or this part of it, cannot be drawn. Its text and the file itself are still there.',
    retry: false,
  },
  free_mail_domain: {
    status: 422,
    title: 'A company address is needed',
    help: 'Accounts belong to a company mail domain; addresses of free mail services are not accepted.',
    retry: false,
  },
  weak_password: {
    status: 422,
    title: 'The password is too weak',
    help: 'It is shorter than the organisation asks for, easy to guess, on the list of those that everybody tries first, or made of your name or address; `details.reason` says which.',
    retry: false,
  },
  password_reused: {
    status: 422,
    title: 'This password was used before',
    help: 'The organisation asks for one that is not among your last ones.',
    retry: false,
  },
  wrong_password: {
    status: 422,
    title: 'That is not your password',
    help: 'Changing a password asks for the one of today. Nothing was changed.',
    retry: false,
  },
  region_needs_waiver: {
    status: 422,
    title: 'This region needs a signed waiver',
    help: 'Organisations from the EU and the EEA are kept in the region `eu`.',
    retry: false,
  },
  storage_declined: {
    status: 409,
    title: 'Storage was declined for this product',
    help: 'The organisation declined to store content of this product when it was founded. An owner can accept it in the settings.',
    retry: false,
  },
  upload_in_use: {
    status: 423,
    title: 'The upload is being written',
    help: 'Another request is sending bytes of it. If that one has stopped, it gives way within eight seconds; try again.',
    retry: true,
  },
  token_expired: {
    status: 422,
    title: 'The link has expired',
    help: 'Ask for a new one; nothing was changed.',
    retry: false,
  },
  too_many_requests: {
    status: 429,
    title: 'Too many requests',
    help: 'Wait for the time in `Retry-After` and try again.',
    retry: true,
  },
  too_many_uploads: {
    status: 429,
    title: 'Too many unfinished uploads',
    help: 'Finish or remove some of them (`GET /v1/uploads` lists yours); `details.most` says how many there may be.',
    retry: false,
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large',
    help: 'Address and headers together may have up to 16 KB.',
    retry: false,
  },
  checksum_mismatch: {
    status: 460,
    title: 'The bytes are not those of the checksum',
    help: 'They changed on the way. Nothing of this request was kept; send it again.',
    retry: true,
  },
  internal: {
    status: 500,
    title: 'Something went wrong here',
    help: 'It is not your fault. It was logged under the request id; nothing half-done was kept.',
    retry: true,
  },
  damaged: {
    status: 500,
    title: 'It does not open any more',
    help: 'What is stored was changed or swapped outside, so it does not open: nothing of it is shown, and everything else is as it was. It was logged under the request id. An administrator brings it back from a backup.',
    retry: false,
  },
  keeper_unavailable: {
    status: 503,
    title: 'Keys are not available now',
    help: 'The process that lends keys does not answer. Nothing was changed; try again shortly.',
    retry: true,
  },
  database_unavailable: {
    status: 503,
    title: 'The store is not available now',
    help: 'The database does not answer or ended the transaction. Nothing was changed; try again shortly.',
    retry: true,
  },
  busy: {
    status: 503,
    title: 'Too much to do at once',
    help: 'Every connection is in use. Nothing was changed; try again shortly.',
    retry: true,
  },
  storage_full: {
    status: 507,
    title: 'No room left',
    help: 'The disk that keeps files is full. Nothing was stored.',
    retry: true,
  },
} as const

export type ErrorCode = keyof typeof ERROR_CODES

/**
 * An error that the caller may see. `message` and `details` are public; `cause` is private and only logged.
 * Anything else that is thrown is a bug and answers `internal`.
 */
export class PublicError extends Error {
  readonly code: ErrorCode
  readonly details: Record<string, unknown>

  constructor(
    code: ErrorCode,
    message?: string,
    extra: { cause?: unknown; details?: Record<string, unknown> } = {},
  ) {
    super(message ?? ERROR_CODES[code].help, extra.cause === undefined ? undefined : { cause: extra.cause })
    this.name = 'PublicError'
    this.code = code
    this.details = extra.details ?? {}
  }

  get status(): number {
    return ERROR_CODES[this.code].status
  }
}
