import { DecodeError } from "../protocols/decode_error.ts";
import type { QueryFailure } from "../protocols/failure.ts";
import { MAX_ROOT_DISTANCE_SECONDS } from "../protocols/ntp/tests.ts";
import type { MatchTest, NamedTest, TrustTest } from "../protocols/protocol.ts";
import type { ReplyBase } from "../protocols/reply.ts";
import type { Explanation, SeenExchange, TestVerdict } from "./explanation.ts";

interface Failure {
  readonly reason: QueryFailure;
  /** A whole sentence. */
  readonly message: string;
  /** The same in a few words, beside the name of the test. */
  readonly detail: string;
  /** Why no test after it can be made; without it, they can. */
  readonly end?: string | undefined;
}

/** Tests in order: the first that fails decides, and those after it are made if they can be. */
export class Tests {
  readonly #verdicts: TestVerdict[] = [];
  #failure: Failure | undefined;
  #end: string | undefined;

  testSender({ isFromServer }: SeenExchange, source = "not in any RFC"): void {
    const test = { name: "it came from the address and port queried", source };
    if (isFromServer === undefined) return this.skip(test, "the octets do not show it");
    this.#test(test, () =>
      isFromServer ? undefined : {
        reason: "bogus_reply",
        message: "The reply came from an address that was not queried",
        detail: "it came from another",
      });
  }

  /** After a failed test of the form, no other test can be made. */
  testMatch(test: MatchTest, reject: () => string | undefined, isOfForm: boolean): void {
    this.#test(test, () => {
      const rejection = reject();
      return rejection === undefined ? undefined : {
        reason: test.keyOf ? "not_authentic" : "bogus_reply",
        message: `The reply ${
          test.keyOf ? "is not authentic" : "does not belong to the request"
        }: ${rejection}`,
        detail: rejection,
        end: isOfForm ? "there is no packet to test" : undefined,
      };
    });
  }

  testForm(test: NamedTest, read: () => void): void {
    this.#test(test, () => {
      try {
        read();
        return undefined;
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        const message = `The reply is ${error.message}`;
        return { reason: "not_a_time", message, detail: "it is not" };
      }
    });
  }

  testTrust(test: TrustTest<ReplyBase>, reply: ReplyBase): void {
    this.#test(test, () => {
      const failure = test.failure(reply, MAX_ROOT_DISTANCE_SECONDS);
      return failure && {
        reason: failure.reason,
        message: `The server ${failure.message}`,
        detail: failure.message,
        end: reply.hasTime ? undefined : "it has no time",
      };
    });
  }

  #test(test: NamedTest, failureOf: () => Failure | undefined): void {
    if (this.#end !== undefined) return this.skip(test, this.#end);
    const { name, source } = test;
    const failure = failureOf();
    this.#failure ??= failure;
    this.#end = failure?.end;
    this.#verdicts.push(
      failure
        ? { name, source, result: "failed", detail: failure.detail }
        : { name, source, result: "passed" },
    );
  }

  skip({ name, source }: NamedTest, reason: string): void {
    this.#verdicts.push({ name, source, result: "unknown", detail: this.#end ?? reason });
  }

  end(reason: string): void {
    this.#end ??= reason;
  }

  get isGood(): boolean {
    return this.#failure === undefined;
  }

  get outcome(): Pick<Explanation, "tests" | "failure"> {
    if (!this.#failure) return { tests: this.#verdicts };
    const { reason, message } = this.#failure;
    return { tests: this.#verdicts, failure: { reason, message } };
  }
}
