/** The cost of authenticated replies, beside plain NTP. */
import { exchange } from "../../../src/client/exchange.ts";
import { ClientNtsSession } from "../../../src/client/nts/session.ts";
import { parseKeys } from "../../../src/crypto/symmetric_keys.ts";
import { parseTarget } from "../../../src/protocols/endpoint.ts";
import { ntpRequest } from "../../../src/protocols/ntp/protocol.ts";
import type { Request } from "../../../src/protocols/protocol.ts";
import { type CommandLine, outputOf } from "../commands.ts";
import { type Contest, runContest } from "../contest.ts";
import { type Contender, type FixedRequest, timesrv } from "../contenders.ts";
import { present } from "../field.ts";
import { type Bench, type Findings, type Section, SLICE_SECONDS } from "../section.ts";
import { freeTcpPort } from "../servers.ts";

const KEY = 7;
const KEY_FILE = `${KEY} AES128 HEX:5c1f6b0a0de7f0a2a4b1f3a8c9d2e417\n`;

/** The time limit of a reply or a key exchange. */
const TIMEOUT_SECONDS = 5;

export const authenticated: Section = {
  summary: "CPU time per reply with a symmetric key and NTS, beside plain NTP",
  async measure(bench: Bench): Promise<Findings> {
    const { options: { slices, window, flows } } = bench;
    const folder = await Deno.makeTempDir({ prefix: "timesrv_bench_" });
    try {
      await Deno.writeTextFile(`${folder}/keys`, KEY_FILE, { mode: 0o600 });
      await makeCertificate(folder);
      const contest: Contest = {
        contenders: contendersIn(folder, bench),
        load: { duration: SLICE_SECONDS, flows, window },
        turns: slices,
        columns: { spread: ["goodPerSecond", "cpuUsPerReply"] },
        ratios: ["cpuUsPerReply"],
      };
      const { figures, lines } = await runContest(contest, bench);
      return {
        figures,
        lines: [
          `Authenticated: ${window} outstanding requests over ${flows} flows, ` +
          `${slices} slices of ${SLICE_SECONDS} s; medians`,
          "An authenticated request is the same each time; a server verifies it anew each time.",
          ...["", ...lines],
        ],
      };
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};

/** Each is compared with all that follow it. */
function contendersIn(folder: string, { field: { chronyd } }: Bench): readonly Contender[] {
  const [keys, cert, key] = ["keys", "cert.pem", "key.pem"].map((name) => `${folder}/${name}`);
  const [port, chronydPort] = [freeTcpPort(), freeTcpPort()];
  const ours = (name: string, ...options: string[]): Contender => {
    const contender = timesrv("ntp", "ntp", "mmsg", options);
    return {
      ...contender,
      name: `timesrv ${name}`,
      command(port, directory): CommandLine {
        const [deno, verb = "", ...rest] = contender.command(port, directory);
        return [deno, verb, `--allow-read=.,${folder}`, ...rest];
      },
    };
  };
  const theirs = (name: string, ...lines: string[]): Contender | undefined =>
    chronyd && {
      ...chronyd,
      name: `chronyd ${name}`,
      command: (port, directory) => [...chronyd.command(port, directory), ...lines],
    };
  const ntsLines = [`ntsservercert ${cert}`, `ntsserverkey ${key}`, `ntsport ${chronydPort}`];
  const ntsOptions = [`--nts-cert=${cert}`, `--nts-key=${key}`, `--nts-port=${port}`];
  return present(
    withNts(ours("NTS", ...ntsOptions), port, cert),
    withKey(ours("key", `--keys=${keys}`)),
    ours("plain"),
    withNts(theirs("NTS", ...ntsLines), chronydPort, cert),
    withKey(theirs("key", `keyfile ${keys}`)),
    theirs("plain"),
  );
}

function withKey(contender: Contender | undefined): Contender | undefined {
  const keys = parseKeys(KEY_FILE);
  const makeRequest = (port: number): Promise<FixedRequest> =>
    askOnce(port, ntpRequest({ key: KEY, keys }));
  return contender && { ...contender, makeRequest };
}

function withNts(
  contender: Contender | undefined,
  ntsPort: number,
  certificate = "",
): Contender | undefined {
  return contender && {
    ...contender,
    async makeRequest(port): Promise<FixedRequest> {
      const endpoint = parseTarget(`ntp+nts://127.0.0.1:${ntsPort}`);
      await untilListening(ntsPort);
      const session = new ClientNtsSession(endpoint);
      const ntsCa = await Deno.readTextFile(certificate);
      await session.prepare(endpoint, TIMEOUT_SECONDS, { ntsCa });
      return await askOnce(port, session.createRequest());
    },
  };
}

/** Sends a request; the reply that it waits for is authentic. */
async function askOnce(port: number, request: Request): Promise<FixedRequest> {
  const target = parseTarget(`ntp://127.0.0.1:${port}`);
  const { octets } = await exchange(target, () => request, { timeout: TIMEOUT_SECONDS });
  return { hex: request.octets.toHex(), replyLength: octets.length };
}

/** A server may answer NTP before it exchanges keys. */
async function untilListening(port: number): Promise<void> {
  const deadline = performance.now() + TIMEOUT_SECONDS * 1000;
  while (true) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** A certificate for this machine, which is its own authority. */
async function makeCertificate(folder: string): Promise<void> {
  await outputOf("make a certificate", [
    ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"] as const,
    ...["-nodes", "-keyout", `${folder}/key.pem`, "-out", `${folder}/cert.pem`],
    ...["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
  ]);
}
