// Owns: how the clusters we start are set. Written anew at every start; an operator's own lines go to local.conf.
// Must stay true: nothing people wrote reaches the server's log. Errors of statements quote values (DETAIL of a
// unique violation, CONTEXT, the statement itself), so messages below LOG are not logged at all.

export interface ClusterSettings {
  readonly region: string
  readonly socketFolder: string
  /** Major version of the server, e.g. 18. */
  readonly version: number
  /** An operator's own settings, which win; null when there are none. */
  readonly localFile: string | null
}

/** The text of postgresql.conf. */
export function postgresqlConf({ region, socketFolder, version, localFile }: ClusterSettings): string {
  const settings: Record<string, string> = {
    cluster_name: `panoply-${region}`,
    // Reached by unix socket only.
    listen_addresses: '',
    unix_socket_directories: socketFolder,
    unix_socket_permissions: '0777',
    max_connections: '300',
    password_encryption: 'scram-sha-256',
    // Three clusters share a small machine.
    shared_buffers: '32MB',
    max_wal_size: '512MB',
    autovacuum_max_workers: '2',
    // Containers often have a /dev/shm of 64 MB, which parallel queries would fill.
    max_parallel_workers_per_gather: '0',
    max_logical_replication_workers: '0',
    wal_level: 'replica',
    max_wal_senders: '5',
    log_destination: 'stderr',
    logging_collector: 'off',
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_statement: 'none',
    log_error_verbosity: 'terse',
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
    log_min_duration_statement: '-1',
    log_lock_waits: 'off',
    log_checkpoints: 'off',
    log_line_prefix: '%m [%p] ',
    log_timezone: 'UTC',
    timezone: 'UTC',
    lc_messages: 'C',
    default_text_search_config: 'pg_catalog.simple',
    ...(version >= 18 ? { io_method: 'sync' } : {}),
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`)
  return `# Written by Panoply at every start. Your own settings go to local.conf beside this file.\n${lines.join('\n')}\n${localFile ? `include '${localFile}'\n` : ''}`
}

/** The text of pg_hba.conf: everybody proves a password, and only over the socket. */
export function pgHbaConf(): string {
  return [
    '# Written by Panoply at every start.',
    'local replication replicator scram-sha-256',
    'local all         replicator reject',
    'local all         all        scram-sha-256',
    '',
  ].join('\n')
}
