/** The server's side of WebSockets (RFC 6455): short messages of text, without extensions. */
import type * as Crypto from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { getUint16 } from "../protocols/octets.ts";
import { type Arrive, HttpError } from "./message.ts";

/** What a message may have at most, and so what a connection can keep in memory. */
const MAX_MESSAGE_OCTETS = 512;

/** RFC 6455 §5.5. */
const MAX_CONTROL_OCTETS = 125;

const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Why a connection is closed (RFC 6455 §7.4.1). */
const CLOSE = {
  goingAway: 1001,
  protocolError: 1002,
  unsupportedData: 1003,
  invalidText: 1007,
  tooLong: 1009,
  internalError: 1011,
} as const;

/** A violation by the client that ends the connection. */
class CloseError extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`Closed with ${code}`);
    this.code = code;
  }
}

interface Frame {
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/**
 * Whether a request asks for a WebSocket at a path. HTTP/1.0 has no upgrades (RFC 9110 §7.8), and after a body two
 * readers could differ on where the frames begin.
 */
export function asksForWebSocket(
  { method, headers, httpVersion, url }: IncomingMessage,
  path: string | undefined,
): boolean {
  return method === "GET" && httpVersion === "1.1" && url?.split("?")[0] === path &&
    headers.upgrade?.toLowerCase() === "websocket" &&
    Number(headers["content-length"] ?? 0) === 0 && headers["transfer-encoding"] === undefined;
}

/**
 * Makes the head of the response that turns a connection into a WebSocket (RFC 6455 §4.2.2).
 *
 * @throws {HttpError} If the request is not one of version 13
 */
export function acceptWebSocket(
  headers: Headers,
  { createHash }: typeof Crypto,
): Record<string, string> {
  if (headers.get("sec-websocket-version") !== "13") {
    throw new HttpError(426, "Expected a WebSocket of version 13", {
      "upgrade": "websocket",
      "sec-websocket-version": "13",
    });
  }
  const key = headers.get("sec-websocket-key") ?? "";
  // The base64 of 16 octets.
  if (!/^[A-Za-z0-9+/]{21}[AQgw]==$/.test(key)) {
    throw new HttpError(400, "Expected the header sec-websocket-key with 16 octets in base64");
  }
  const text = `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  return {
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-accept": createHash("sha1").update(text).digest("base64"),
  };
}

/** Puts frames together from octets as they arrive, and messages from frames. */
export class MessageReader {
  /** The start of a frame whose end has not arrived. */
  #rest: Uint8Array = new Uint8Array();
  /** The parts of a text whose end has not arrived. */
  #text: Uint8Array | undefined;

  /**
   * Reads the messages and control frames that are complete.
   *
   * @throws {CloseError} If the client violates the protocol, or sends too much
   */
  *read(octets: Uint8Array): Generator<Frame> {
    this.#rest = concatOctets(this.#rest, octets);
    for (;;) {
      const frame = this.#takeFrame();
      if (frame === undefined) return;
      const { opcode, payload, isFinal } = frame;
      if (opcode >= OPCODE.close) {
        yield frame;
        continue;
      }
      if ((opcode === OPCODE.continuation) === (this.#text === undefined)) {
        throw new CloseError(CLOSE.protocolError);
      }
      const text = concatOctets(this.#text ?? new Uint8Array(), payload);
      requireShort(text.length);
      this.#text = isFinal ? undefined : text;
      if (isFinal) yield { opcode: OPCODE.text, payload: text };
    }
  }

  #takeFrame(): (Frame & { readonly isFinal: boolean }) | undefined {
    const octets = this.#rest;
    if (octets.length < 2) return undefined;
    const [first = 0, second = 0] = octets;
    const [isFinal, opcode, short] = [first >= 0x80, first & 0x0f, second & 0x7f];
    const isControl = opcode >= OPCODE.close;
    const isKnown = Object.values<number>(OPCODE).includes(opcode);
    const isValid = (first & 0x70) === 0 && second >= 0x80 && isKnown &&
      (!isControl || isFinal && short <= MAX_CONTROL_OCTETS);
    if (!isValid) throw new CloseError(CLOSE.protocolError);
    if (opcode === OPCODE.binary) throw new CloseError(CLOSE.unsupportedData);
    // A length of 64 bits is too long by itself.
    if (short === 127) requireShort(Infinity);
    const head = short === 126 ? 4 : 2;
    if (octets.length < head + 4) return undefined;
    const length = short === 126 ? getUint16(octets, 2) : short;
    if (head === 4 && length < 126) {
      throw new CloseError(CLOSE.protocolError);
    }
    requireShort(length);
    if (octets.length < head + 4 + length) return undefined;
    const mask = octets.subarray(head, head + 4);
    const payload = octets.slice(head + 4, head + 4 + length);
    for (let i = 0; i < length; i++) payload[i] = (payload[i] ?? 0) ^ (mask[i & 3] ?? 0);
    this.#rest = octets.subarray(head + 4 + length);
    return { opcode, payload, isFinal };
  }
}

/** Answers the messages of a connection one after the other, until it ends; reads no more while one is sent. */
export async function serveWebSocket(
  stream: Duplex,
  head: Uint8Array,
  arrive: Arrive,
): Promise<void> {
  const reader = new MessageReader();
  const send = (opcode: number, payload: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      stream.write(formatFrame(opcode, payload), (error) => error ? reject(error) : resolve());
    });
  const answerAll = async (octets: Uint8Array): Promise<boolean> => {
    const answer = arrive();
    for (const { opcode, payload } of reader.read(octets)) {
      if (opcode === OPCODE.ping) await send(OPCODE.pong, payload);
      if (opcode === OPCODE.text) {
        const text = answer(decodeText(payload));
        if (text !== undefined) await send(OPCODE.text, new TextEncoder().encode(text));
      }
      if (opcode === OPCODE.close) {
        await send(OPCODE.close, payload.subarray(0, 2));
        return false;
      }
    }
    return true;
  };
  /** Returns whether the connection goes on. */
  const handle = async (octets: Uint8Array): Promise<boolean> => {
    try {
      return await answerAll(octets);
    } catch (error) {
      const code = error instanceof CloseError ? error.code : CLOSE.internalError;
      if (!stream.destroyed) await send(OPCODE.close, formatCode(code));
      return false;
    }
  };
  try {
    if (!await handle(head)) return;
    for await (const octets of stream) if (!await handle(octets)) return;
  } catch {
    // The connection is gone.
  } finally {
    stream.destroy();
  }
}

/** The last frame to a client that has been silent for too long, or of a server that stops. */
export function formatGoodbye(): Uint8Array {
  return formatFrame(OPCODE.close, formatCode(CLOSE.goingAway));
}

function formatCode(code: number): Uint8Array {
  return Uint8Array.of(code >> 8, code & 0xff);
}

function formatFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const head = length < 126 ? [length] : [126, length >> 8, length & 0xff];
  return concatOctets(Uint8Array.of(0x80 | opcode, ...head), payload);
}

function requireShort(octets: number): void {
  if (octets > MAX_MESSAGE_OCTETS) throw new CloseError(CLOSE.tooLong);
}

function decodeText(octets: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    throw new CloseError(CLOSE.invalidText);
  }
}

function concatOctets(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
