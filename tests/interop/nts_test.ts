/** NTS (RFC 8915) between daemons of other projects and the client, and `timesrv --upstream`. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { where } from "../support/needs.ts";
import { createNetwork, needs, reading } from "../support/nts_network.ts";
import { type Network, program } from "../support/peers.ts";
import { type Outcome, run, type Running } from "../support/process.ts";
import { source } from "../support/programs.ts";
import { poll } from "../support/wait.ts";

function timecli(network: Network, ...args: readonly string[]): Promise<Outcome> {
  const authority = ["--nts-ca", `${network.folder}/ca.pem`];
  return run(network.inside([...reading(source.timecli, network), ...args, ...authority]));
}

async function startChronyd(network: Network, name: string): Promise<Running> {
  const { folder } = network;
  const config = await network.file(
    `${name}.conf`,
    `port 1123
bindaddress 127.0.0.1
ntsport 14460
ntsservercert ${folder}/server.pem
ntsserverkey ${folder}/server.key
local stratum 5
allow
cmdport 0
bindcmdaddress /
pidfile ${folder}/${name}.pid
`,
  );
  return network.start([program.chronyd, "-x", "-d", "-u", "root", "-f", config]);
}

/** Queries until the daemon listens, which none reports. */
function askListening(network: Network, url: string): Promise<Outcome> {
  const ask = (): Promise<Outcome> => timecli(network, "--json", url);
  return poll(30, ask, ({ stdout }) => !stdout.includes("nothing listens"));
}

const URL = "ntp+nts://localhost:14460";

Deno.test(
  await where(
    needs(program.chronyd),
    "timecli authenticates chronyd by NTS in every command",
    async () => {
      await using network = await createNetwork();
      await using _chronyd = await startChronyd(network, "server");
      const { code, stdout, stderr } = await askListening(network, URL);
      assertEquals(code, 0, stderr);
      const { authenticated, stratum, url, port } = JSON.parse(stdout);
      assertEquals(
        { authenticated, stratum, url, port },
        { authenticated: "nts", stratum: 5, url: URL, port: 1123 },
      );
      const calls: readonly (readonly [args: string[], found: RegExp])[] = [
        [["--count", "12", "--interval", "20ms"], /^Replies {8}12 of 12 in /m],
        [["check"], /^NTP OK: /],
        [["wait"], /^The clock is within /],
        [["watch", "--count", "2", "--timeout", "20s", "--json"], /("authenticated":"nts"[^]*){2}/],
        [["compare", "--json", "ntp+nts://127.0.0.1:14460"], /"authenticated":"nts"/],
        [
          ["explain"],
          /4: AEAD algorithm, critical\n[^]*15: AES-SIV-CMAC-256\n[^]*5: new cookie for NTPv4\n/,
        ],
        [["explain"], /ok {4}its NTS authenticator is right +RFC 8915 §5\.7/],
      ];
      for (const [args, found] of calls) {
        const { stdout, stderr } = await timecli(network, ...args, URL);
        assertMatch(stdout, found, `${args} ${stderr}`);
      }
      const wrong = [
        ...reading(source.timecli, network),
        "--nts-ca",
        `${network.folder}/other.pem`,
      ];
      const refused = await run(network.inside([...wrong, URL]));
      assertEquals([refused.code, refused.stdout, refused.stderr], [
        14,
        "",
        "timecli: NTS key exchange with 127.0.0.1:14460 failed: TLS: certificate verify failed: " +
        "unable to get local issuer certificate\n",
      ]);
    },
  ),
);

Deno.test(
  await where(
    needs(program.chronyd),
    "without OpenSSL, timecli authenticates chronyd by a child of Deno, if it may run one",
    async () => {
      await using network = await createNetwork();
      const { folder } = network;
      const hide = `find /lib /usr/lib -name 'libssl.so.*' -exec mount --bind /dev/null {} \\;`;
      assertEquals((await run(network.inside(["sh", "-c", hide]))).code, 0);
      await using _chronyd = await startChronyd(network, "server");
      const [deno = "", verb = "", ...rest] = reading(source.timecli, network);
      const authority = ["--nts-ca", `${folder}/ca.pem`];
      const ask = (grants: readonly string[], ...args: readonly string[]): Promise<Outcome> =>
        run(network.inside([deno, verb, ...grants, ...rest, ...args, ...authority, URL]));
      const may = [`--allow-run=${deno}`];
      const { code, stdout, stderr } = await poll(
        30,
        () => ask(may, "--json"),
        ({ stdout }) => !stdout.includes("nothing listens"),
      );
      assertEquals(code, 0, stderr);
      assertEquals(JSON.parse(stdout).authenticated, "nts");
      const samples = await ask(may, "--count", "10", "--interval", "20ms");
      assertMatch(samples.stdout, /^Replies {8}10 of 10 in /m, samples.stderr);
      const refused = await ask([]);
      assertEquals([refused.code, refused.stdout, refused.stderr], [
        14,
        "",
        "timecli: NTS needs OpenSSL 3, and libssl was not found\n",
      ]);
    },
  ),
);

Deno.test(
  await where(
    needs(program.chronyd),
    "cookies that a restarted chronyd does not know are replaced",
    async () => {
      await using network = await createNetwork();
      const first = await startChronyd(network, "first");
      await askListening(network, URL);
      const watch = network.start(
        [
          ...reading(source.timecli, network),
          ...[
            "watch",
            "--json",
            "--interval",
            "500ms",
            "--nts-ca",
            `${network.folder}/ca.pem`,
            URL,
          ],
        ],
        { stdout: "piped" },
      );
      await using _watch = watch;
      const count = (): number => watch.stdout.split('"authenticated":"nts"').length - 1;
      await poll(20, () => Promise.resolve(count()), (replies) => replies >= 2);
      await first[Symbol.asyncDispose]();
      await using _second = await startChronyd(network, "second");
      const before = count();
      await poll(40, () => Promise.resolve(count()), (replies) => replies >= before + 2);
      assert(!watch.stdout.includes('"key '));
    },
  ),
);

Deno.test(
  await where(
    needs(program.chronyd),
    "timesrv follows chronyd by NTS, and not without trust",
    async () => {
      await using network = await createNetwork();
      await using _chronyd = await startChronyd(network, "server");
      await askListening(network, URL);
      for (const [ca, isFollowed] of [["ca", true], ["other", false]] as const) {
        const server = network.start([
          ...reading(source.timesrv, network),
          ...["--nts-ca", `${network.folder}/${ca}.pem`, "--upstream", `${URL}?minpoll=0`],
          "ntp://127.0.0.1:2123",
        ]);
        await using _ = server;
        await server.waitFor(
          isFollowed ? /Synchronised to ntp\+nts:\/\/localhost:14460/ : /Serving ntp/,
        );
        const { stdout } = await run(
          network.inside([...source.timecli, "--json", "ntp://127.0.0.1:2123"]),
        );
        assertEquals(JSON.parse(stdout).stratum, isFollowed ? 6 : 0);
      }
    },
  ),
);

Deno.test(
  await where(
    needs(program.ntpsecNtpd),
    "timecli authenticates ntpd of NTPsec by NTS",
    async () => {
      await using network = await createNetwork();
      const { folder } = network;
      const config = await network.file(
        "ntpsec.conf",
        `nts enable
nts cert ${folder}/server.pem
nts key ${folder}/server.key
nts cookie ${folder}/cookies
restrict default
server 127.127.1.0
`,
      );
      await using _ntpd = network.start([program.ntpsecNtpd, "-n", "-N", "-c", config]);
      const { stdout, stderr } = await askListening(network, "ntp+nts://localhost");
      const { authenticated, error, url } = JSON.parse(stdout);
      assert(error === undefined || error.reason === "unsynchronized", stderr);
      assertEquals([authenticated, url], ["nts", "ntp+nts://localhost:4460"]);
      const samples = await timecli(network, "--count", "10", "--json", "ntp+nts://localhost");
      assertEquals(JSON.parse(samples.stdout).loss, 0, samples.stdout);
    },
  ),
);
