/** Processes of the tests: every wait for one has a limit, and its failure shows the output so far. */
import { within } from "./wait.ts";

/** A command and its arguments. */
export type Command = readonly [string, ...string[]];

/** The result of a program that ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@linkcode run}. */
export interface RunOptions extends Omit<Deno.CommandOptions, "args" | "stdout" | "stderr"> {
  /** The program is killed and the test fails after this many seconds (default 60). */
  readonly limitSeconds?: number;
  /** The standard input of the program (default nothing). */
  readonly input?: string;
}

/** Runs a program to its end. */
export async function run(
  command: Command,
  { limitSeconds = 60, input, ...options }: RunOptions = {},
): Promise<Outcome> {
  const stdin = input === undefined ? {} : { stdin: "piped" as const };
  const running = new Running(command, { ...options, ...stdin, stdout: "piped" });
  // The exit code of a program that ends without reading says more than the broken pipe.
  const written = input !== undefined &&
    ReadableStream.from([new TextEncoder().encode(input)]).pipeTo(running.child.stdin)
      .catch(() => {});
  const { code } = await running.ended(limitSeconds);
  await written;
  return { code, stdout: running.stdout, stderr: running.stderr };
}

/** Options of {@linkcode Running}. */
export type RunningOptions = Omit<Deno.CommandOptions, "args" | "stderr">;

/** A program in the background, whose output is kept. */
export class Running implements AsyncDisposable {
  readonly child: Deno.ChildProcess;
  /** Everything it has written to standard error so far. */
  stderr = "";
  /** Everything it has written to standard output so far, if that is piped. */
  stdout = "";
  readonly #command: Command;
  readonly #readers: ReadableStreamDefaultReader<string>[] = [];
  readonly #streams: Promise<unknown>;
  #isEnded = false;
  #changed = Promise.withResolvers<void>();

  constructor(command: Command, options: RunningOptions = {}) {
    const [program, ...args] = this.#command = command;
    this.child = new Deno.Command(program, {
      stdin: "null",
      stdout: "null",
      ...options,
      args,
      stderr: "piped",
    }).spawn();
    const streams = [this.#read("stderr")];
    if (options.stdout === "piped") streams.push(this.#read("stdout"));
    this.#streams = Promise.all(streams).finally(() => {
      this.#isEnded = true;
      this.#announceChange();
    });
  }

  async #read(stream: "stdout" | "stderr"): Promise<void> {
    const reader = this.child[stream].pipeThrough(new TextDecoderStream()).getReader();
    this.#readers.push(reader);
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      this[stream] += part.value;
      this.#announceChange();
    }
  }

  #announceChange(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Waits until a stream holds what the pattern describes. */
  async waitFor(
    pattern: RegExp,
    { stream = "stderr", seconds = 20 }: { stream?: "stdout" | "stderr"; seconds?: number } = {},
  ): Promise<RegExpExecArray> {
    const wait = async (): Promise<RegExpExecArray> => {
      while (true) {
        const match = pattern.exec(this[stream]);
        if (match) return match;
        if (this.#isEnded) throw new Error(`${this.#description()} ended without ${pattern}`);
        await this.#changed.promise;
      }
    };
    return await within(seconds, wait(), () => `: no ${pattern} from ${this.#description()}`);
  }

  /** Waits for its end; it is killed after the limit. */
  async ended(seconds = 20): Promise<Deno.CommandStatus> {
    try {
      const end = Promise.all([this.child.status, this.#streams]);
      const [status] = await within(seconds, end, () => `: ${this.#description()} did not end`);
      return status;
    } catch (error) {
      this.#signal("SIGKILL");
      // A grandchild may hold a pipe open.
      await Promise.all(this.#readers.map((reader) => reader.cancel().catch(() => {})));
      throw error;
    }
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: Deno.Signal = "SIGTERM", seconds = 5): Promise<Deno.CommandStatus> {
    this.#signal(signal);
    return await this.ended(seconds);
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.child.kill(signal);
    } catch (error) {
      // It ended by itself; its status is known.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  #description(): string {
    const stdout = this.stdout && `\nstandard output: ${this.stdout}`;
    return `${this.#command.join(" ")}${stdout}\nstandard error: ${this.stderr}\n`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL", 20);
  }
}
