/** Symmetric keys between daemons of other projects and the two programs, by one file of keys. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { where } from "../support/needs.ts";
import { Network, networkCommands, peerEnv, program, startChronyd } from "../support/peers.ts";
import { type Outcome, run, type Running } from "../support/process.ts";
import { source } from "../support/programs.ts";
import { poll } from "../support/wait.ts";

const AES = "000102030405060708090a0b0c0d0e0f";

/** A key of each type that chronyd has, in its form; 20 has none, which is MD5. */
const chronyKeys = [
  "1 MD5 ASCII:secret-one",
  "2 SHA1 HEX:00112233445566778899aabb",
  "3 SHA256 ASCII:abcdefghijklmnop",
  "4 SHA384 ASCII:abcdefghijklmnopq",
  "5 SHA512 HEX:ffeeddccbbaa99887766554433221100",
  `6 AES128 HEX:${AES}`,
  `7 AES256 HEX:${AES}${AES}`,
  "8 SHA3-256 ASCII:abcdefghijklmnopqr",
  "20 tulip",
];

/** The same in the forms of ntpd. */
const ntpsecKeys = [
  "1 MD5 secret-one",
  "2 SHA1 00112233445566778899aabbccddeeff00112233",
  "3 SHA256 abcdefghijklmnop",
  "5 SHA512 abcdefghijklmnop",
  `6 AES-128 ${AES}`,
];

const idsOf = (keys: readonly string[]): string[] => keys.map((line) => line.split(" ")[0] ?? "");

async function keyFile(network: Network, name: string, keys: readonly string[]): Promise<string> {
  const path = await network.file(name, `${keys.join("\n")}\n`);
  await Deno.chmod(path, 0o600);
  return path;
}

/** Lets a program of ours read the files of a network. */
function reading([deno, verb = "", ...rest]: readonly string[], { folder }: Network): string[] {
  return [deno ?? "", verb, `--allow-read=.,${folder}`, ...rest];
}

async function ask(network: Network, file: string, url: string): Promise<Outcome> {
  const timecli = [...reading(source.timecli, network), "--json", "-t", "1s", "--keys", file, url];
  return await run(network.inside(timecli));
}

async function startTimesrv(network: Network, ...args: readonly string[]): Promise<Running> {
  const server = network.start([...reading(source.timesrv, network), ...args]);
  await server.waitFor(/Serving ntp/);
  return server;
}

function needs(...files: readonly string[]): Parameters<typeof where>[0] {
  return { ...source.needs, files, commands: networkCommands, root: true };
}

async function assertAuthenticates(
  network: Network,
  { keys, port }: { readonly keys: readonly string[]; readonly port: number },
): Promise<void> {
  const file = await keyFile(network, "ours", keys);
  for (const id of idsOf(keys)) {
    const url = `ntp://127.0.0.1:${port}?key=${id}`;
    // None of them reports when it begins to listen.
    const { code, stdout, stderr } = await poll(
      30,
      () => ask(network, file, url),
      ({ code }) => code !== 4 && code !== 3,
    );
    const { error, authenticated } = JSON.parse(stdout);
    // It may not be synchronised to anything.
    assert(error === undefined || error.reason === "unsynchronized", stderr);
    assertEquals(authenticated, `key ${id}`, `${code} ${stderr}`);
  }
}

Deno.test(
  await where(
    needs(program.chronyd),
    "timecli authenticates chronyd by a key of each type",
    async () => {
      await using network = await Network.create();
      const file = await keyFile(network, "keys", chronyKeys);
      await using _chronyd = await startChronyd(network, `local stratum 5\nkeyfile ${file}`);
      await assertAuthenticates(network, { keys: chronyKeys, port: 1123 });
      // chronyd is silent to a wrong MAC, and to a key that it does not know.
      const wrong = await keyFile(network, "wrong", ["1 MD5 ASCII:other", "99 SHA1 ASCII:other"]);
      for (const id of [1, 99]) {
        assertEquals((await ask(network, wrong, `ntp://127.0.0.1:1123?key=${id}`)).code, 3);
      }
    },
  ),
);

for (const transport of ["datagram", "mmsg"]) {
  Deno.test(
    await where(
      needs(program.chronyd, program.chronyc),
      `chronyd authenticates timesrv by a key of each type (${transport})`,
      async () => {
        await using network = await Network.create();
        const file = await keyFile(network, "keys", chronyKeys);
        const ids = idsOf(chronyKeys);
        const options = ["--transport", transport, "--keys", file, "--require-auth"];
        const addresses = ids.map((id) => `127.0.1.${id}`);
        await using _server = await startTimesrv(
          network,
          ...options,
          ...addresses.map((address) => `ntp://${address}:1123`),
        );
        const socket = `${network.folder}/client.sock`;
        const config = await network.file(
          "client.conf",
          [
            ...ids.map((id) => `server 127.0.1.${id} port 1123 key ${id} iburst minpoll 0`),
            `keyfile ${file}`,
            "port 0",
            "cmdport 0",
            `bindcmdaddress ${socket}`,
            `pidfile ${network.folder}/client.pid`,
            "",
          ].join("\n"),
        );
        await using _chronyd = network.start(
          [program.chronyd, "-x", "-d", "-u", "root", "-f", config],
        );
        const chronyc = async (...args: readonly string[]): Promise<string> => {
          const call = network.inside([program.chronyc, "-h", socket, "-n", ...args]);
          return (await run(call, { env: peerEnv })).stdout;
        };
        for (const address of addresses) {
          const details = await poll(
            30,
            () => chronyc("ntpdata", address),
            (text) => /Total valid RX {2}: [1-9]/.test(text),
          );
          assertMatch(details, /^Authenticated {3}: Yes$/m);
          assertMatch(details, /^NTP tests {7}: 111 111 1111$/m);
        }
      },
    ),
  );
}

Deno.test(
  await where(
    needs(program.chronyd),
    "a wrong MAC makes chronyd find no server, and a request without one no time",
    async () => {
      await using network = await Network.create();
      const keys = await keyFile(network, "keys", ["1 SHA1 ASCII:right"]);
      const wrong = await keyFile(network, "wrong", ["1 SHA1 ASCII:wrong"]);
      await using server = await startTimesrv(
        network,
        ...["--keys", keys, "--require-auth", "--verbose", "ntp://127.0.0.1:1123"],
      );
      const once = async (key: string, file: string): Promise<Outcome> => {
        const chronyd = [
          ...[program.chronyd, "-Q", "-x", "-u", "root", "-t", "4"],
          `server 127.0.0.1 port 1123 iburst maxsamples 2 ${key}`,
          ...[`keyfile ${file}`, "cmdport 0", "bindcmdaddress /"],
          `pidfile ${network.folder}/once.pid`,
        ];
        return await run(network.inside(chronyd), { env: peerEnv });
      };
      const right = await once("key 1", keys);
      assertEquals(right.code, 0);
      assertMatch(right.stdout + right.stderr, /System clock wrong by/);
      for (const [key, file] of [["key 1", wrong], ["", keys]] as const) {
        const { code, stderr, stdout } = await once(key, file);
        assert(code !== 0, stdout + stderr);
        assert(!/System clock wrong by/.test(stdout + stderr), stderr);
      }
      await server.stop();
      assertMatch(server.stderr, /authentication/);
    },
  ),
);

Deno.test(
  await where(
    needs(program.chronyd),
    "timesrv follows chronyd by a key, and not by a wrong one",
    async () => {
      await using network = await Network.create();
      const file = await keyFile(network, "keys", [`6 AES128 HEX:${AES}`, "7 SHA1 ASCII:right"]);
      const ours = await keyFile(network, "ours", [`6 AES128 HEX:${AES}`, "7 SHA1 ASCII:wrong"]);
      await using _chronyd = await startChronyd(network, `local stratum 5\nkeyfile ${file}`);
      for (const [id, stratum] of [[6, 6], [7, 0]]) {
        await using _server = await startTimesrv(
          network,
          ...["--keys", ours, "--upstream", `ntp://127.0.0.1:1123?key=${id}&minpoll=0`],
          "ntp://127.0.0.1:2123",
        );
        const state = (): Promise<number> =>
          ask(network, ours, "ntp://127.0.0.1:2123?key=6").then(({ stdout }) =>
            JSON.parse(stdout).stratum
          );
        if (stratum === 0) await new Promise((resolve) => setTimeout(resolve, 4000));
        assertEquals(await poll(30, state, (found) => found === stratum), stratum);
      }
    },
  ),
);

Deno.test(
  await where(
    needs(program.ntpsecNtpd),
    "timecli authenticates ntpd of NTPsec by its keys",
    async () => {
      await using network = await Network.create();
      const file = await keyFile(network, "keys", ntpsecKeys);
      const config = await network.file(
        "ntpsec.conf",
        `keys ${file}\ntrustedkey ${
          idsOf(ntpsecKeys).join(" ")
        }\nrestrict default\nserver 127.127.1.0\n`,
      );
      await using _ntpd = network.start([program.ntpsecNtpd, "-n", "-N", "-c", config]);
      await assertAuthenticates(network, { keys: ntpsecKeys, port: 123 });
      // It is silent to a wrong MAC, as chronyd is.
      const wrong = await keyFile(network, "wrong", ["2 SHA1 other"]);
      assertEquals((await ask(network, wrong, "ntp://127.0.0.1?key=2")).code, 3);
    },
  ),
);

Deno.test(
  await where(needs(program.ntpdig), "ntpdig of NTPsec authenticates timesrv", async () => {
    await using network = await Network.create();
    const file = await keyFile(network, "keys", ntpsecKeys);
    const wrong = await keyFile(network, "wrong", ["2 SHA1 other"]);
    await using _server = await startTimesrv(
      network,
      ...["--keys", file, "--require-auth", "ntp://127.0.0.1:123"],
    );
    const ntpdig = (key: string, file: string): Promise<Outcome> => {
      const options = ["-t", "2", "-a", key, "-k", file];
      return run(network.inside([program.ntpdig, ...options, "127.0.0.1"]), { env: peerEnv });
    };
    // It sends longer digests whole, which no server can tell from an extension field.
    for (const key of ["1", "2", "6"]) {
      const { stdout, stderr } = await ntpdig(key, file);
      assertMatch(stdout, / 127\.0\.0\.1 s\d+ no-leap/, `${key} ${stderr}`);
    }
    assertEquals((await ntpdig("2", wrong)).stdout, "");
  }),
);
