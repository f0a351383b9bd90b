/** What `timecli` prints for programs, of every protocol, by every command, in every form: docs/output.md. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { queryExitCodes } from "../../../src/cli/shared/errors.ts";
import { QueryError, type QueryFailure } from "../../../src/protocols/failure.ts";
import { daytimeFormats, formatDaytime } from "../../../src/protocols/daytime/service.ts";
import { formatAsctime } from "../../../src/protocols/asctime/service.ts";
import type { NtpPacket } from "../../../src/protocols/ntp/packet.ts";
import { runTimecli } from "../../support/command_line.ts";
import { assertDocumented, type Command } from "../../support/documented.ts";
import { FakeNetwork, kissOfDeath } from "../../support/fake_network.ts";
import type { Outcome } from "../../support/process.ts";

/** A server, and how it fails, if it does. */
interface Case {
  readonly name: string;
  readonly url: string;
  readonly prepare: (network: FakeNetwork) => void;
  readonly reason?: QueryFailure;
  /** The key that tells one reply from another. */
  readonly has?: string;
}

type Protocol = "ntp" | "time" | "daytime" | "asctime" | "auto";

const HOST = "192.0.2.1";

const ntp = (
  name: string,
  fieldsOf: (count: number) => Partial<NtpPacket> | undefined,
  more: Pick<Case, "reason" | "has"> = {},
): Case => ({
  name: `ntp, ${name}`,
  url: `ntp://${HOST}`,
  prepare: (network) => void network.serveNtp(`ntp://${HOST}`, fieldsOf),
  ...more,
});

const other = (
  protocol: Exclude<Protocol, "ntp">,
  name: string,
  reply: (unixSeconds: number) => string | Uint8Array,
  more: Pick<Case, "reason" | "has"> = {},
): Case => ({
  name: `${protocol}, ${name}`,
  url: `${protocol}://${HOST}`,
  prepare(network): void {
    network.serve(`${protocol}://${HOST}`, () => {
      const octets = reply(Math.floor(network.timers.now().epochMilliseconds / 1000));
      return typeof octets === "string" ? new TextEncoder().encode(octets) : octets;
    });
  },
  ...more,
});

const since1900 = (unixSeconds: number): Uint8Array => {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, unixSeconds + 2_208_988_800);
  return octets;
};

/** What happens to a request of any protocol. */
const failing = (["ntp", "time", "daytime", "asctime", "auto"] as const).flatMap((
  protocol,
): Case[] =>
  [
    { name: "silent", url: HOST, prepare: () => {}, reason: "timeout" as const },
    { name: "not there", url: "127.0.0.1", prepare: () => {}, reason: "refused" as const },
    { name: "unknown", url: "a.invalid", prepare: () => {}, reason: "unknown_host" as const },
    {
      name: "without a name server",
      url: "a.invalid",
      prepare: (network: FakeNetwork) =>
        network.resolve = () => Promise.reject(new QueryError("no_name_server", "None replied")),
      reason: "no_name_server" as const,
    },
    {
      name: "without a route",
      url: HOST,
      prepare: ({ unusable }: FakeNetwork) => unusable[HOST] = new Error("Network is unreachable"),
      reason: "unreachable" as const,
    },
  ].map(({ name, url, ...rest }) => ({
    name: `${protocol}, ${name}`,
    url: `${protocol}://${url}`,
    ...rest,
  }))
);

const cases: readonly Case[] = [
  ntp("good", () => ({})),
  ntp("of another version", () => ({ version: 3 }), { has: "warnings" }),
  ntp("that announces a leap second", () => ({ leap: 1 })),
  ntp("that is lost at times", (count) => count % 2 === 0 ? undefined : {}),
  ntp("of the first stratum", () => ({ stratum: 1, referenceId: 0x47505300 })),
  ntp("KoD RATE", () => kissOfDeath("RATE"), { reason: "kiss_o_death" }),
  ntp("KoD DENY", () => kissOfDeath("DENY"), { reason: "kiss_o_death" }),
  ntp("KoD of odd octets", () => kissOfDeath("\x1b[2J"), { reason: "kiss_o_death" }),
  ntp("not synchronised", () => ({ leap: 3 }), { reason: "unsynchronized" }),
  ntp("of stratum 255", () => ({ stratum: 255 }), { reason: "unsynchronized" }),
  ntp("without timestamps", () => ({ receiveTimestamp: 0n, transmitTimestamp: 0n }), {
    reason: "unusable",
  }),
  ntp("of no precision", () => ({ precision: 127 }), { reason: "unusable" }),
  ntp("to another request", () => ({ originTimestamp: 1n }), { reason: "bogus_reply" }),
  ntp("of mode 3", () => ({ mode: 3 }), { reason: "bogus_reply" }),
  other("time", "good", since1900),
  other("time", "an hour ahead", (seconds) => since1900(seconds + 3600)),
  other("time", "too long", () => new Uint8Array(5), { reason: "not_a_time" }),
  ...daytimeFormats.map((format) =>
    other(
      "daytime",
      format,
      (seconds) => formatDaytime(seconds, { format, utc: true }),
      format === "ctime" ? {} : { has: "utc_offset" },
    )
  ),
  other("daytime", "malformed", () => "\x1b[2J", { reason: "not_a_time" }),
  other("asctime", "good", (seconds) => formatAsctime(seconds, { utc: true })),
  other("asctime", "malformed", () => "", { reason: "not_a_time" }),
  other("auto", "good", (seconds) => formatAsctime(seconds, { utc: true })),
  ...failing,
];

/** Documented columns, in an order that later versions only append to. */
const replyColumns = [
  ...["url", "protocol", "address", "port", "text", "time", "utc_offset", "received"],
  ...["round_trip", "offset", "error_bound", "delay", "root_distance", "stratum", "reference_id"],
  ...["leap", "authenticated", "warnings"],
];
const rawColumns = [
  ...["t1", "t2", "t3", "t4", "version", "mode", "poll", "precision", "root_delay"],
  ...["root_dispersion", "reference_id_hex", "reference_timestamp", "origin_timestamp"],
  ...["receive_timestamp", "transmit_timestamp"],
];
const sampleColumns = [
  ...["jitter", "median_offset", "min_delay", "max_delay", "frequency_ppm"],
  ...["frequency_bound_ppm", "requests", "loss"],
];
const errorColumns = ["error_reason", "error_message"];
const compareColumns = ["verdict", "deviation", "same_as", "outcome"];
const watchColumns = ["event", "code", "interval", "from", "to", "step", "clock", "after"];

/** A command with a form for programs. */
interface Form {
  readonly args: readonly string[];
  readonly schema: Command;
  /** The columns of its `--csv`, if it has one. */
  readonly columns?: readonly string[];
  /** Whether it needs an offset. */
  readonly isMeasured?: boolean;
}

const forms: readonly Form[] = [
  { args: [], schema: "timecli", columns: [...replyColumns, ...errorColumns] },
  {
    args: ["--raw"],
    schema: "timecli",
    columns: [...replyColumns, ...rawColumns, ...errorColumns],
  },
  {
    args: ["--count", "4"],
    schema: "timecli",
    columns: [...replyColumns, ...sampleColumns, ...errorColumns],
    isMeasured: true,
  },
  {
    args: ["--count", "2", "--raw"],
    schema: "timecli",
    columns: [...replyColumns, ...rawColumns, ...sampleColumns, ...errorColumns],
    isMeasured: true,
  },
  {
    args: ["compare"],
    schema: "compare",
    columns: [...replyColumns, ...sampleColumns, ...compareColumns, ...errorColumns],
    isMeasured: true,
  },
  {
    args: ["watch", "--count", "4"],
    schema: "watch",
    columns: ["at", ...replyColumns, ...errorColumns, ...watchColumns],
  },
  { args: ["explain"], schema: "explain" },
];

const isMeasurable = (url: string): boolean => /^(ntp|time):/.test(url);

function runOn({ prepare }: Case, args: readonly string[]): Promise<Outcome> {
  const network = new FakeNetwork();
  prepare(network);
  return runTimecli(args, { network });
}

/** The lines of a JSON output, each of which ends. */
function objectsOf(stdout: string): Record<string, unknown>[] {
  assertMatch(stdout, /^([^\n]+\n)+$/);
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** The rows of comma-separated values, each of which ends with CR LF (RFC 4180). */
function rowsOf(csv: string): string[][] {
  const rows: string[][] = [[]];
  for (
    const [all, quoted, plain = "", end] of csv.matchAll(
      /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g,
    )
  ) {
    assert(all !== "");
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === "\r\n") rows.push([]);
  }
  assertEquals(rows.pop(), [], "the last row ends");
  return rows;
}

/** The cell of a key; what is random is replaced. */
function cellOf(object: Record<string, unknown>, column: string): string {
  const error = object["error"] as Record<string, unknown> | undefined;
  const [, ofError = ""] = /^error_(reason|message)$/.exec(column) ?? [];
  const value = error?.[ofError] ?? object[column];
  const text = Array.isArray(value) ? value.join("; ") : String(value ?? "");
  return column === "origin_timestamp" ? text.replace(/^0x[0-9a-f]{16}$/, "random") : text;
}

for (const each of cases) {
  const { name, url, reason, has } = each;
  const code = reason === undefined ? 0 : queryExitCodes[reason];

  Deno.test(`timecli prints what is documented: ${name}`, async () => {
    for (const { args, schema, columns, isMeasured = false } of forms) {
      const call = [...args, url];
      const json = await runOn(each, [...call, "--json"]);
      if (isMeasured && !isMeasurable(url)) {
        assertEquals([json.code, json.stdout], [2, ""], call.join(" "));
        continue;
      }
      assertEquals(json.code, code, `${call.join(" ")}: ${json.stderr}`);
      assertMatch(json.stderr, /^(timecli: [^\n]+\n)*$/);
      const objects = objectsOf(json.stdout);
      for (const object of objects) assertDocumented(structuredClone(object), schema);
      const found = JSON.stringify(objects);
      assertEquals(
        /"error":\{"reason":"([\w-]+)"/.exec(found)?.[1] ?? "",
        reason ?? lossOf(each, args),
      );
      if (has !== undefined && schema !== "explain") assert(found.includes(`"${has}":`), found);
      assertEquals(/"root_distance"/.test(found) && !url.startsWith("ntp:"), false, found);
      if (columns === undefined) continue;
      const csv = await runOn(each, [...call, "--csv"]);
      assertEquals([csv.code, csv.stderr], [json.code, json.stderr]);
      const [header, ...rows] = rowsOf(csv.stdout);
      assertEquals(header, columns);
      const outcome = objects[0]?.["outcome"];
      const servers = (schema === "compare" ? objects[0]?.["servers"] : objects) as typeof objects;
      assertEquals(
        rows.map((row) => columns.map((column, i) => cellOf({ [column]: row[i] }, column))),
        servers.map((object) => columns.map((column) => cellOf({ outcome, ...object }, column))),
      );
      const known = new Set([...columns, "schema", "error", "exchanges"]);
      for (const key of servers.flatMap(Object.keys)) assert(known.has(key), key);
    }
  });
}

/** The failure of single requests to a server that replies to others. */
function lossOf({ name }: Case, args: readonly string[]): string {
  const isLossy = name.includes("lost at times") &&
    args.some((arg) => /--count|compare|watch/.test(arg));
  return isLossy ? "timeout" : "";
}

/** Performance data of the monitoring plugins' guidelines. */
const METRIC = String.raw`\w+=-?\d+(\.\d+)?(s|%|);[^; ]*;[^; ]*;(0(;\d+)?)?`;
const PERFORMANCE = new RegExp(`^${METRIC}( ${METRIC})*$`);

for (const each of cases) {
  const { name, url, reason } = each;

  Deno.test(`timecli check and timecli wait have the documented exit codes: ${name}`, async () => {
    const check = await runOn(each, ["check", url]);
    const isUnknown = reason === "kiss_o_death" || reason === "unknown_host" ||
      reason === "no_name_server" || !isMeasurable(url);
    const isWrong = reason !== undefined || name === "time, an hour ahead";
    const state = isUnknown ? "UNKNOWN" : isWrong ? "CRITICAL" : "OK";
    const [, found, data] = /^(?:(?:NTP|TIME) )?(\w+)(?: -|:) [^|\n]+(?:\|([^|\n]+))?\n$/
      .exec(check.stdout) ?? [];
    assertEquals([found, check.stderr], [state, ""], check.stdout);
    assertEquals(check.code, { OK: 0, CRITICAL: 2, UNKNOWN: 3 }[state]);
    if (data === undefined) assert(isUnknown, check.stdout);
    else assertMatch(data, PERFORMANCE);

    const wait = await runOn(each, ["wait", "--within", "2s", url]);
    const code = !isMeasurable(url) ? 2 : isWrong ? 3 : 0;
    assertEquals([wait.code, wait.stdout === ""], [code, code !== 0], wait.stderr);
    assertMatch(wait.stdout, /^(The clock is within 2 s of the server after [^\n]+\n)?$/);
    if (code === 3) {
      // What a kiss-o'-death ends is not waited for.
      const [, elapsed] =
        /\ntimecli: Gave up after (\S+ m?s): the clock is not known to be within 2 s of the server\n$/
          .exec(wait.stderr) ?? [];
      assertEquals(elapsed, /KoD (DENY|of)/.test(name) ? "2.000 ms" : "60.00 s", wait.stderr);
    }
  });
}
