/** Frames of WebSockets as a client sends them, for tests. */

/** Joins octets and texts. */
export function join(...parts: readonly (readonly number[] | Uint8Array | string)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => [...typeof part === "string" ? new TextEncoder().encode(part) : part]),
  );
}

/**
 * Makes a masked frame.
 *
 * @param first The octet with FIN and opcode, such as 0x81 of a text
 */
export function frame(first: number, payload: string | Uint8Array = ""): Uint8Array {
  const octets = join(payload);
  const { length } = octets;
  const size = length < 126
    ? [0x80 | length]
    : length < 65_536
    ? [0xfe, length >> 8, length & 0xff]
    : [0xff, 0, 0, 0, 0, length >>> 24, length >> 16 & 0xff, length >> 8 & 0xff, length & 0xff];
  const mask = [0x12, 0x34, 0x56, 0xf8];
  return join([first], size, mask, octets.map((octet, i) => octet ^ (mask[i & 3] ?? 0)));
}

/** A handshake (RFC 6455 §1.3). */
export const HANDSHAKE =
  "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\n" +
  "Upgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/** The head of the response to {@linkcode HANDSHAKE}. */
export const ACCEPTED = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n" +
  "connection: Upgrade\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
