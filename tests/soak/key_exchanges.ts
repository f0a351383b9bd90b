/** Key exchanges of NTS, one after another for long, beside clients that send anything else. */
import { exchangeKeys } from "../../src/client/nts/key_exchange.ts";
import type { KeyExchangeCounts } from "../../src/client/served_state.ts";
import { Running } from "../support/process.ts";
import { source } from "../support/programs.ts";
import { poll } from "../support/wait.ts";
import type { Sample } from "./subject.ts";
import { readUsage } from "../../scripts/bench/usage.ts";

/** Below this number the memory of the first half is still that of a start. */
const MIN_EXCHANGES = 40_000;

/** The heap moves resident memory by this much. */
const MEMORY_SLACK_KIB = 24 * 1024;

/** What came of them. */
export interface KeyExchangeReport {
  readonly exchanges: number;
  /** Connections that sent no TLS. */
  readonly hostile: number;
  /** Why key exchanges failed. */
  readonly failures: readonly string[];
  /** The same as the server counts them. */
  readonly outcomes: KeyExchangeCounts;
  readonly samples: readonly Sample[];
}

/** Clients at once; a server has eight connections of one address. */
const CLIENTS = 4;

/** After this many key exchanges of a client comes a connection that sends something else. */
const HOSTILE_EVERY = 5;

const SAMPLES = 40;
const LIMIT_SECONDS = 20;

/** Exchanges keys this many times with the program as users run it. */
export async function soakKeyExchanges(
  count: number,
  { signal, onProgress }: {
    readonly signal?: AbortSignal;
    readonly onProgress?: (text: string) => void;
  } = {},
): Promise<KeyExchangeReport> {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/ca.pem`;
  const [program, ...args] = source.timesrv;
  await using server = new Running([
    program,
    ...args.toSpliced(-1, 0, `--allow-write=${folder}`),
    ...[
      "--log-format",
      "json",
      "--nts-self-signed",
      file,
      "--nts-port",
      "0",
      "--http",
      "127.0.0.1:0",
    ],
    "ntp://127.0.0.1:0",
  ]);
  try {
    await server.waitFor(/"event":"http"/, { seconds: LIMIT_SECONDS });
    const port = Number(/"event":"nts".*127\.0\.0\.1:(\d+)/.exec(server.stderr)?.[1]);
    const state = `${/"event":"http","url":"([^"]+)"/.exec(server.stderr)?.[1]}/state`;
    const authorities = await Deno.readTextFile(file);
    const { pid } = server.child;
    const startMs = performance.now();
    const samples: Sample[] = [];
    const failures: string[] = [];
    let [exchanges, hostile] = [0, 0];
    const repeat = async (): Promise<void> => {
      for (let own = 1; exchanges < count && !signal?.aborted; own++) {
        if (own % HOSTILE_EVERY === 0) {
          hostile++;
          await sendAnything(port);
        }
        if (exchanges++ % Math.max(1, Math.floor(count / SAMPLES)) === 0) {
          const seconds = (performance.now() - startMs) / 1000;
          samples.push({ seconds, ...readUsage(pid) });
          server.stderr = "";
          onProgress?.(`${exchanges} of ${count} key exchanges, ${failures.length} failed`);
        }
        const target = { hostname: "localhost", address: "127.0.0.1", port, authorities };
        await exchangeKeys(target, AbortSignal.timeout(1000 * LIMIT_SECONDS))
          .then(({ cookies }) => {
            if (cookies.length !== 8) failures.push(`${cookies.length} cookies`);
          }, (error) => failures.push(String(error)));
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, repeat));
    // A connection is counted once the server has noticed its end.
    const outcomes = await poll(
      LIMIT_SECONDS,
      async (): Promise<KeyExchangeCounts> => (await (await fetch(state)).json()).nts.key_exchanges,
      ({ answered }) => answered >= exchanges - failures.length,
    );
    return { exchanges, hostile, failures, outcomes, samples };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Describes all problems. */
export function findKeyExchangeProblems(report: KeyExchangeReport): string[] {
  const { exchanges, failures, outcomes, samples } = report;
  const problems: string[] = [];
  // Connections that are over and not yet closed can reach the limit for one address, on a busy machine.
  if (failures.length > outcomes.overload) {
    problems.push(`${failures.length} failed, such as: ${failures[0]}`);
  }
  const [half, last] = [samples[samples.length >> 1], samples.at(-1)];
  if (half === undefined || last === undefined) return [...problems, "nothing was measured"];
  const grown = last.residentKib - half.residentKib;
  if (exchanges >= MIN_EXCHANGES && grown > MEMORY_SLACK_KIB) {
    problems.push(`resident memory grew by ${grown} KiB in the second half`);
  }
  // Connections in use, of both kinds, may be open at any moment.
  if (last.descriptors > half.descriptors + 2 * CLIENTS) {
    problems.push(`descriptors grew from ${half.descriptors} to ${last.descriptors}`);
  }
  return problems;
}

async function sendAnything(port: number): Promise<void> {
  using connection = await Deno.connect({ port });
  const octets = crypto.getRandomValues(new Uint8Array(1 + Math.floor(Math.random() * 600)));
  // A TLS record of a handshake, as far as its head says.
  octets.set([0x16, 3, 1, 0, 200].slice(0, octets.length));
  await connection.write(octets).catch(() => {});
}
