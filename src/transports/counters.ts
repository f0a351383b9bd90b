import { type RefusalCause, refusalCauses } from "../protocols/responder.ts";

/** What a server has done so far, each figure a count of datagrams. */
export interface Totals {
  /** Datagrams that came. */
  readonly received: number;
  /** Replies handed to the network. */
  readonly answered: number;
  /** Of those, the ones that told no time but a client not to ask (kiss-o'-death). */
  readonly kisses: number;
  /** Replies handed to the network besides, as copies of one that is counted as answered (a fault). */
  readonly copies: number;
  /** Datagrams left without an answer on purpose, by cause. */
  readonly refused: Readonly<Record<RefusalCause, number>>;
  /** Answers that failed inside the responder. */
  readonly responderErrors: number;
  /** Receives the network failed. */
  readonly receiveErrors: number;
  /** Replies the network refused to take. */
  readonly sendErrors: number;
}

const RECEIVED = 0;
const ANSWERED = 1;
const RESPONDER_ERRORS = 2;
const RECEIVE_ERRORS = 3;
const SEND_ERRORS = 4;
const KISSES = 5;
const COPIES = 6;
const REFUSED = 7;
const CELLS = REFUSED + refusalCauses.length;

/**
 * The counters behind {@linkcode Totals}: bumped for every datagram. Each thread
 * writes counters of its own, and the cells are numbers of 64 bits, which no
 * machine reads half-written.
 */
export class Counters {
  readonly #cells: Float64Array;

  /** Opens counters: new ones, or those that another thread writes. */
  constructor(buffer: ArrayBufferLike = new ArrayBuffer(Counters.octets)) {
    this.#cells = new Float64Array(buffer);
  }

  /** The size of the memory behind the counters of one thread. */
  static readonly octets: number = CELLS * Float64Array.BYTES_PER_ELEMENT;

  get received(): number {
    return this.#cells[RECEIVED] as number;
  }
  set received(count: number) {
    this.#cells[RECEIVED] = count;
  }

  get answered(): number {
    return this.#cells[ANSWERED] as number;
  }
  set answered(count: number) {
    this.#cells[ANSWERED] = count;
  }

  get responderErrors(): number {
    return this.#cells[RESPONDER_ERRORS] as number;
  }
  set responderErrors(count: number) {
    this.#cells[RESPONDER_ERRORS] = count;
  }

  get receiveErrors(): number {
    return this.#cells[RECEIVE_ERRORS] as number;
  }
  set receiveErrors(count: number) {
    this.#cells[RECEIVE_ERRORS] = count;
  }

  get sendErrors(): number {
    return this.#cells[SEND_ERRORS] as number;
  }
  set sendErrors(count: number) {
    this.#cells[SEND_ERRORS] = count;
  }

  get kisses(): number {
    return this.#cells[KISSES] as number;
  }
  set kisses(count: number) {
    this.#cells[KISSES] = count;
  }

  get copies(): number {
    return this.#cells[COPIES] as number;
  }
  set copies(count: number) {
    this.#cells[COPIES] = count;
  }

  /**
   * Counts a datagram that gets no answer.
   *
   * @param refusal What the responder returned in place of a length
   */
  refuse(refusal: number): void {
    const cause = (-refusal) in refusalCauses ? -refusal : 0;
    this.#cells[REFUSED + cause] = (this.#cells[REFUSED + cause] as number) + 1;
  }

  /** Adds what others have counted. */
  add(others: Counters): void {
    for (let i = 0; i < CELLS; i++) {
      this.#cells[i] = (this.#cells[i] as number) + (others.#cells[i] as number);
    }
  }

  /** The counts as they stand now. */
  totals(): Totals {
    const { received, answered, kisses, copies } = this;
    const { responderErrors, receiveErrors, sendErrors } = this;
    const refused = Object.fromEntries(
      refusalCauses.map((cause, i) => [cause, this.#cells[REFUSED + i] as number]),
    ) as Record<RefusalCause, number>;
    return {
      received,
      answered,
      kisses,
      copies,
      refused,
      responderErrors,
      receiveErrors,
      sendErrors,
    };
  }
}
