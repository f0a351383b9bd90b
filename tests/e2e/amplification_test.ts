/** How much more leaves a server than came to it, as a link carries it: headers of IP and UDP included. */
import { assertEquals } from "@std/assert";
import { where } from "../support/needs.ts";
import { run, Running } from "../support/process.ts";
import { root, source } from "../support/programs.ts";
import { Cable } from "./cable.ts";

/** A service, and the octets of its replies to requests of 0, 1 and 48 octets; 0 for silence. */
const services = [
  { name: "ntp", replies: [0, 0, 48] },
  { name: "auto", replies: [24, 24, 48] },
  { name: "asctime", replies: [24, 24, 24] },
  { name: "time", replies: [4, 4, 4] },
  { name: "daytime", format: "ctime", replies: [26, 26, 26] },
  { name: "daytime", format: "iso8601", replies: [27, 27, 27] },
  { name: "daytime", format: "rfc1123", replies: [33, 33, 33] },
  { name: "daytime", format: "nist", replies: [54, 54, 54] },
] as const;

const PORT = 1000;

/** Octets of the headers of IP and UDP. */
const HEADERS = { "10.77.0.1": 28, "fd00:77::1": 48 } as const;

interface Measured {
  readonly port: number;
  readonly octets: number;
  readonly asked: readonly number[];
  readonly answered: readonly number[];
}

for (const transport of ["datagram", "mmsg"]) {
  Deno.test(
    await where(
      { ...source.needs, commands: ["ip", "python3"], root: true, ipv6: true },
      `no reply is longer on the wire than SECURITY.md promises (${transport})`,
      async () => {
        await using cable = await Cable.lay();
        await using stack = new AsyncDisposableStack();
        const command = source.timesrv;
        const addresses = Object.keys(HEADERS) as (keyof typeof HEADERS)[];
        await Promise.all(services.map(async (service, i) => {
          const format = "format" in service ? ["--daytime-format", service.format] : [];
          const urls = ["10.77.0.1", "[fd00:77::1]"].map((host) =>
            `${service.name}://${host}:${PORT + i}`
          );
          const options = ["--utc", "--transport", transport, ...format];
          const server = stack.use(new Running(cable.onServer(...command, ...options, ...urls)));
          await server.waitFor(/Transport/);
        }));
        const documented = await Deno.readTextFile(`${root}SECURITY.md`);
        const factors: string[][] = services.map(() => []);
        for (const address of addresses) {
          const script = [`${root}tests/e2e/packet_lengths.py`, "cable", address];
          const ports = services.map((_, i) => `${PORT + i}`);
          const { stdout, stderr } = await run(cable.onClient("python3", ...script, ...ports));
          assertEquals(stderr, "");
          const measured: Measured[] = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
          services.forEach(({ name, replies, ...more }, i) => {
            const mine = measured.filter(({ port }) => port === PORT + i);
            const headers = HEADERS[address];
            // One packet for one packet at most, as long as the protocol has it.
            assertEquals(
              mine.map(({ octets, asked, answered }) => ({ octets, asked, answered })),
              [0, 1, 48].map((octets, j) => ({
                octets,
                asked: [octets + headers],
                answered: replies[j] ? [replies[j] + headers] : [],
              })),
              `${name} ${JSON.stringify(more)} on ${address}`,
            );
            const worst = Math.max(
              ...mine.map(({ asked, answered }) => (answered[0] ?? 0) / (asked[0] ?? 0)),
            );
            factors[i]?.push(worst.toFixed(2));
          });
        }
        const table = documented.replace(/ +\| +/g, " | ");
        services.forEach(({ name, replies, ...more }, i) => {
          const title = "format" in more ? `${name} (${more.format})` : name;
          const row = [title, replies.join(", "), ...factors[i] ?? []].join(" | ");
          assertEquals(table.includes(`| ${row} |`), true, `| ${row} |`);
        });
      },
    ),
  );
}
