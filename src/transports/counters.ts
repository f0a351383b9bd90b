import type { Protocol } from "../protocols/registry.ts";
import { type RefusalCause, refusalCauses } from "../protocols/responder.ts";

/** The counts of a server so far, each a number of datagrams. */
export interface Totals {
  /** Datagrams received. */
  readonly received: number;
  /** Replies with the time sent. */
  readonly answered: number;
  /** Of these, the texts of a listener that speaks NTP and text. */
  readonly texts: number;
  /** Kiss-o'-death packets (KoD) sent, which carry no time. */
  readonly kisses: number;
  /** Extra copies sent of replies that are counted once (a fault). */
  readonly copies: number;
  /** Datagrams that were deliberately not answered, by cause. */
  readonly refused: Readonly<Record<RefusalCause, number>>;
  /** Replies that failed inside the responder. */
  readonly responderErrors: number;
  /** Receive calls that failed. */
  readonly receiveErrors: number;
  /** Replies that could not be sent. */
  readonly sendErrors: number;
}

/** The counters beside those of refusals. */
export const counter = {
  received: 0,
  /** Replies, KoD included: a batch has one count. */
  sent: 1,
  kisses: 2,
  texts: 3,
  copies: 4,
  responderErrors: 5,
  receiveErrors: 6,
  sendErrors: 7,
} as const;

export type Counter = (typeof counter)[keyof typeof counter];

const REFUSED = Object.keys(counter).length;
const CELLS = REFUSED + refusalCauses.length;

/**
 * The counters behind {@linkcode Totals}. Each thread writes counters of its own, and the cells are numbers
 * of 64 bits, which no machine reads half-written.
 */
export class Counters {
  readonly #cells: Float64Array;

  /** Opens counters: new ones, or those that another thread writes. */
  constructor(buffer: ArrayBufferLike = new ArrayBuffer(Counters.octets)) {
    this.#cells = new Float64Array(buffer);
  }

  /** The size of the memory behind the counters of one thread. */
  static readonly octets: number = CELLS * Float64Array.BYTES_PER_ELEMENT;

  count(counter: Counter, datagrams: number = 1): void {
    this.#cells[counter] = (this.#cells[counter] as number) + datagrams;
  }

  /** Counts a reply that is no plain one of its listener's protocol, apart from `sent`. */
  countKind(reply: { readonly isKod: boolean; readonly isText: boolean }, replies: number): void {
    if (reply.isKod) this.count(counter.kisses, replies);
    else if (reply.isText) this.count(counter.texts, replies);
  }

  /** Counts a datagram without a reply; `refusal` is what the responder returned in place of a length. */
  refuse(refusal: number): void {
    const cell = REFUSED + ((-refusal) in refusalCauses ? -refusal : 0);
    this.#cells[cell] = (this.#cells[cell] as number) + 1;
  }

  /** Adds the counts of other counters. */
  add(others: Counters): void {
    others.#cells.forEach((count, i) => this.#cells[i] = (this.#cells[i] as number) + count);
  }

  totals(): Totals {
    const of = (counter: Counter): number => this.#cells[counter] as number;
    const answered = Math.max(0, of(counter.sent) - of(counter.kisses));
    const refused = refusalCauses.map((cause, i) => [cause, this.#cells[REFUSED + i]]);
    return {
      received: of(counter.received),
      // A KoD and a text are counted before they leave.
      answered,
      texts: Math.min(of(counter.texts), answered),
      kisses: of(counter.kisses),
      copies: of(counter.copies),
      refused: Object.fromEntries(refused) as Record<RefusalCause, number>,
      responderErrors: of(counter.responderErrors),
      receiveErrors: of(counter.receiveErrors),
      sendErrors: of(counter.sendErrors),
    };
  }
}

/** Adds up the counters of several threads or listeners. */
export function sumCounters(all: readonly Counters[]): Totals {
  const sum = new Counters();
  for (const each of all) sum.add(each);
  return sum.totals();
}

/** The replies with the time of a listener, by the protocol that was spoken. */
export function repliesByProtocol(
  protocol: Protocol,
  { answered, texts }: Pick<Totals, "answered" | "texts">,
): readonly (readonly [protocol: Protocol, replies: number])[] {
  if (protocol !== "auto") return [[protocol, answered]];
  return [["ntp", answered - texts], ["asctime", texts]];
}
