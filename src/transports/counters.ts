import { type RefusalCause, refusalCauses } from "../protocols/responder.ts";

/** What a server has done so far, each figure a count of datagrams. */
export interface Totals {
  /** Datagrams that came. */
  readonly received: number;
  /** Replies handed to the network. */
  readonly answered: number;
  /** Datagrams left without an answer on purpose, by cause. */
  readonly refused: Readonly<Record<RefusalCause, number>>;
  /** Answers that failed inside the responder. */
  readonly responderErrors: number;
  /** Receives the network failed. */
  readonly receiveErrors: number;
  /** Replies the network refused to take. */
  readonly sendErrors: number;
}

/** The counters behind {@linkcode Totals}: bumped for every datagram. */
export class Counters {
  received = 0;
  answered = 0;
  responderErrors = 0;
  receiveErrors = 0;
  sendErrors = 0;
  readonly #refused: number[] = refusalCauses.map(() => 0);

  /**
   * Counts a datagram that gets no answer.
   *
   * @param refusal What the responder returned in place of a length
   */
  refuse(refusal: number): void {
    const cause = (-refusal) in this.#refused ? -refusal : 0;
    this.#refused[cause] = (this.#refused[cause] ?? 0) + 1;
  }

  /** The counts as they stand now. */
  totals(): Totals {
    const { received, answered, responderErrors, receiveErrors, sendErrors } = this;
    const refused = Object.fromEntries(
      refusalCauses.map((cause, i) => [cause, this.#refused[i] ?? 0]),
    ) as Record<RefusalCause, number>;
    return { received, answered, refused, responderErrors, receiveErrors, sendErrors };
  }
}
