/** Clients of other projects exchange keys with `timesrv`, and take time from it by NTS (RFC 8915). */
import { assertEquals, assertMatch } from "@std/assert";
import { where } from "../support/needs.ts";
import { createNetwork, needs, reading } from "../support/nts_network.ts";
import { type Network, peerEnv, program } from "../support/peers.ts";
import { type Outcome, run, type Running } from "../support/process.ts";
import { source } from "../support/programs.ts";
import { poll } from "../support/wait.ts";

/** Starts a server that answers nothing that is not authenticated. */
async function startServer(network: Network, ...args: readonly string[]): Promise<Running> {
  const { folder } = network;
  const server = network.start([
    ...reading(source.timesrv, network),
    ...["--nts-cert", `${folder}/server.pem`, "--nts-key", `${folder}/server.key`],
    ...["--nts-port", "14461", "--require-auth", "ntp://127.0.0.1:1123", ...args],
  ]);
  await server.waitFor(/NTS key exchange on tcp 127\.0\.0\.1:14461/);
  return server;
}

const transports = ["datagram", "mmsg"] as const;

for (const transport of transports) {
  Deno.test(
    await where(
      needs(program.chronyd, program.chronyc),
      `chronyd takes all its time from timesrv by NTS, and keeps eight cookies (${transport})`,
      async () => {
        await using network = await createNetwork();
        const { folder } = network;
        await using _server = await startServer(network, "--transport", transport);
        const config = await network.file(
          "client.conf",
          `server localhost port 1123 nts ntsport 14461 iburst minpoll 0 maxpoll 0
ntstrustedcerts ${folder}/ca.pem
port 0
cmdport 0
bindcmdaddress ${folder}/sock
pidfile ${folder}/pid
`,
        );
        await using _chronyd = network.start([
          program.chronyd,
          ...["-4", "-x", "-d", "-u", "root", "-f", config],
        ]);
        const ask = async (command: string): Promise<readonly string[]> => {
          const chronyc = [program.chronyc, "-h", `${folder}/sock`, "-n", "-c", command];
          return (await run(network.inside(chronyc), { env: peerEnv })).stdout.trim().split(",");
        };
        // Ten replies are more than the cookies of one key exchange.
        const isReached = ([, state, , , , reach]: readonly string[]): boolean =>
          state === "*" && reach === "377";
        await poll(60, () => ask("sources"), isReached);
        const [, mode, , aead, bits, , attempts, naks, cookies, length] = await ask("authdata");
        assertEquals(
          { mode, aead, bits, attempts, naks, cookies, length },
          {
            ...{ mode: "NTS", aead: "15", bits: "256", attempts: "0" },
            ...{ naks: "0", cookies: "8", length: "100" },
          },
        );
      },
    ),
  );

  Deno.test(
    await where(
      needs(program.ntpsecNtpd, program.ntpq),
      `ntpd of NTPsec takes all its time from timesrv by NTS (${transport})`,
      async () => {
        await using network = await createNetwork();
        await using _server = await startServer(network, "--transport", transport);
        const config = await network.file(
          "ntpsec.conf",
          `disable ntp
server localhost:14461 nts ca ${network.folder}/ca.pem iburst minpoll 0 maxpoll 0
restrict default
restrict 127.0.0.1
`,
        );
        await using ntpd = network.start([program.ntpsecNtpd, "-n", "-N", "-4", "-c", config]);
        await ntpd.waitFor(/NTSc: Got 8 cookies, length 100\b/);
        const ask = async (): Promise<string> => {
          const ntpq = [program.ntpq, "-n", "-c", "rv &1 reach,stratum,ntscookies", "127.0.0.1"];
          return (await run(network.inside(ntpq), { env: peerEnv })).stdout;
        };
        const variables = await poll(60, ask, (text) => /reach=0?377/.test(text));
        assertMatch(variables, /\bstratum=10\b/);
        assertMatch(variables, /\bntscookies=8\b/);
      },
    ),
  );
}

/** Measures as chrony does to set a clock once, without setting it. */
function chronydQ(network: Network, seconds: number, authority: string): Promise<Outcome> {
  const chronyd = [program.chronyd, "-4", "-Q", "-x", "-u", "root", "-t", `${seconds}`];
  const lines = [
    "server localhost port 1123 nts ntsport 14461 iburst maxsamples 4",
    `ntstrustedcerts ${authority}`,
    ...["cmdport 0", "bindcmdaddress /", `pidfile ${network.folder}/pid`],
  ];
  return run(network.inside([...chronyd, ...lines]), { env: peerEnv });
}

const given = /System clock wrong by -?0\.0\d+ seconds/;
const givenUp = /Timeout reached|No suitable source for synchronisation/;

/** The fault, and what chronyd logs of it besides that it gives up. */
const faults: readonly (readonly [fault: string, found?: RegExp])[] = [
  ["nts=bad-tag"],
  ["nts=nak"],
  ["nts=unsealed"],
  ["nts=other-id"],
  ["nts-ke=refuse", /invalid NTS-KE response/],
  ["nts-ke=no-cookies", /invalid NTS-KE response/],
  ["nts-ke=stall"],
  ["nts-ke=expired", /certificate/],
];

Deno.test(
  await where(
    needs(program.chronyd),
    "chronyd gives up where the NTS of timesrv is wrong: the seal, NAKs for ever, the key exchange",
    async () => {
      const outcomes = await Promise.all([["delay=0s"] as const, ...faults].map(async ([fault]) => {
        await using network = await createNetwork();
        const authority = `${network.folder}/own.pem`;
        await using server = network.start([
          ...reading(source.timesrv, network).flatMap((each) =>
            each === "--no-prompt" ? [`--allow-write=${network.folder}`, each] : each
          ),
          ...["--nts-self-signed", authority, "--nts-port", "14461", "--require-auth"],
          ...["--fault", fault, "ntp://127.0.0.1:1123"],
        ]);
        await server.waitFor(/NTS key exchange on tcp 127\.0\.0\.1:14461/);
        const { code, stderr } = await chronydQ(network, fault === "delay=0s" ? 20 : 7, authority);
        return { fault, code, stderr, isAsked: server.stderr.includes("Time request from") };
      }));
      const [right, ...wrong] = outcomes;
      assertMatch(right?.stderr ?? "", given);
      for (const [i, { fault, code, stderr, isAsked }] of wrong.entries()) {
        assertMatch(stderr, givenUp, fault);
        assertMatch(stderr, faults[i]?.[1] ?? givenUp, fault);
        assertEquals([code, isAsked], [1, fault.startsWith("nts=")], fault);
      }
    },
  ),
);
