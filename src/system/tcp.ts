/** The codes of `accept()` where a client has reset its connection already. */
const RESETS = ["ENOTCONN", "ECONNABORTED", "ECONNRESET"];

/**
 * Whether a connection could not be accepted because its client reset it. Others must not wait then: the next one
 * can be accepted at once.
 */
export function isReset(error: unknown): boolean {
  return RESETS.includes(String((error as { readonly code?: unknown }).code));
}

/** Closes a connection that may be closed already. */
export function closeQuietly(connection: { close(): void }): void {
  try {
    connection.close();
  } catch {
    // It is.
  }
}
