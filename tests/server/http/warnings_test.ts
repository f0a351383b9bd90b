import { assertEquals, assertMatch } from "@std/assert";
import { serve, type ServeOptions } from "../../../mod.ts";
import type { UpstreamReport } from "../../../src/server/upstreams/report.ts";
import type { ControlledServer } from "../../../src/server/http/call.ts";
import { findWarnings } from "../../../src/server/http/warnings.ts";
import { ask } from "./http.ts";

type Warning = readonly [level: string, kind: string, text: string];

/** The warnings in the state of a server with these options, and with a scenario. */
async function warningsWith(
  options: Omit<ServeOptions, "control">,
  { url = "ntp://127.0.0.1:0", scenario }: { url?: string; scenario?: string } = {},
): Promise<Warning[]> {
  await using server = await serve([url], { ...options, control: "127.0.0.1:0" });
  if (scenario !== undefined) {
    const { status } = await ask(server, "POST", "/scenario", { body: { name: scenario } });
    assertEquals(status, 200);
  }
  const { body } = await ask(server, "GET", "/state");
  return body.warnings.map(({ level, kind, text }: Record<string, string>) => [
    level,
    kind,
    text?.replaceAll(server.url, "URL"),
  ]);
}

Deno.test("a server without anything special has no warnings", async () => {
  assertEquals(await warningsWith({ status: { source: "fixed" } }), []);
});

const rows: readonly [
  what: string,
  options: Omit<ServeOptions, "control">,
  more: { readonly url?: string; readonly scenario?: string },
  expected: readonly Warning[],
][] = [
  ["an offset", { clock: { offset: "1h" } }, {}, [
    ["simulated", "simulated", "A simulated clock is served: offset +1 h 0 min."],
  ]],
  ["a stopped clock", { clock: { time: "2030-01-01T00:00:00Z", rate: 0 } }, {}, [
    ["simulated", "simulated", "A simulated clock is served: offset …, frozen."],
  ]],
  ["no synchronisation", { status: { unsynchronized: true } }, {}, [
    [
      "bad",
      "unsynchronized",
      "NTP clients are to ignore this server; Daytime and Time are silent.",
    ],
  ]],
  ["an inserted leap second", {}, { scenario: "leap-insert" }, [
    ["simulated", "simulated", "A simulated clock is served: offset …, 1 planned leap second."],
    ["warn", "leap_second", "A second is added at the end of 2028-12-31: 23:59:60."],
  ]],
  ["a deleted leap second", {}, { scenario: "leap-delete" }, [
    ["simulated", "simulated", "A simulated clock is served: offset …, 1 planned leap second."],
    [
      "warn",
      "leap_second",
      "A second is left out at the end of 2028-12-31: there is no 23:59:59.",
    ],
  ]],
  ["a listener with another clock", {}, { url: "ntp://127.0.0.1:0?offset=-90s" }, [
    ["warn", "listener_simulated", "URL serves another time: offset -90.00 s."],
  ]],
  ["faults", { faults: { drop: { probability: 0.3 }, duplicate: { probability: 0.1 } } }, {}, [
    ["warn", "faults", "URL has faults on purpose: drop=0.3, duplicate=0.1."],
  ]],
  [
    "several at once, the worst first",
    {
      clock: { rate: 2 },
      status: { unsynchronized: true },
      faults: { drop: { probability: 0.3 } },
    },
    {},
    [
      ["simulated", "simulated", "A simulated clock is served: offset …, rate 2."],
      [
        "bad",
        "unsynchronized",
        "NTP clients are to ignore this server; Daytime and Time are silent.",
      ],
      ["warn", "faults", "URL has faults on purpose: drop=0.3."],
    ],
  ],
];

for (const [what, options, more, expected] of rows) {
  Deno.test(`the state warns of ${what}`, async () => {
    const found = await warningsWith(options, more);
    assertEquals(
      found.map(([level, kind, text]) => [
        level,
        kind,
        expected.some(([, , each]) => each.includes("…"))
          ? text.replace(/(?<=clock is served: offset )[^,]+(?=,)/, "…")
          : text,
      ]),
      expected,
    );
  });
}

/** A server that follows these upstream servers, and was started long ago. */
function subjectWith(
  upstreams: readonly Partial<UpstreamReport>[],
  { state = "synchronized", distance = 0.00231, leap = 0 } = {},
  nts?: { readonly report: { readonly certificateEnd: Temporal.Instant } },
): ControlledServer {
  const subject = {
    following: { list: () => upstreams, discipline: { state, distance } },
    started: Temporal.Now.instant().subtract({ seconds: 60 }),
    time: { isSimulated: false, look: () => ({ status: { leap } }), state: { smear: null } },
    listeners: [],
    nts,
  };
  return subject as unknown as ControlledServer;
}

function warningsOf(...given: Parameters<typeof subjectWith>): Warning[] {
  return findWarnings(subjectWith(...given)).map(({ level, kind, text }) => [level, kind, text]);
}

const good = { url: "ntp://a.example", state: "selected", lastReply: 3 } as const;

Deno.test("findWarnings names each lost upstream server, and those that are left", () => {
  const lost = { url: "ntp://b.example", state: "silent", lastReply: 240.4 } as const;
  const never = { url: "ntp://c.example", state: "silent" } as const;
  assertEquals(warningsOf([good, { ...good, state: "combined" }]), []);
  assertEquals(warningsOf([good, lost, never]), [
    ["bad", "upstream_lost", "ntp://b.example has not answered for 240 s. 1 of 3 is left."],
    ["bad", "upstream_lost", "ntp://c.example does not answer. 1 of 3 does."],
  ]);
});

Deno.test("findWarnings tells the servers of a pool apart", () => {
  const url = "ntp://pool.example";
  const found = findWarnings(subjectWith([
    { ...good, url },
    { url, state: "silent", lastReply: 240 },
    { url, state: "falseticker", offset: 4, lastReply: 3 },
    { url, state: "silent", lastReply: 300 },
  ]));
  assertEquals(found.map(({ text }) => text), [
    "ntp://pool.example#2 has not answered for 240 s. 2 of 4 are left.",
    "ntp://pool.example#4 has not answered for 300 s. 2 of 4 are left.",
    "ntp://pool.example#3 contradicts the others: it is +4.000 s from them.",
  ]);
  // By kind and subject the status page notes when each begins and ends.
  assertEquals(new Set(found.map(({ kind, about }) => kind + about)).size, 3);
});

Deno.test("findWarnings names the end of a certificate that is less than two weeks ahead", () => {
  const certificate = (hours: number): { end: Temporal.Instant; found: Warning[] } => {
    const end = Temporal.Now.instant().add({ hours }).round("second");
    return { end, found: warningsOf([good], {}, { report: { certificateEnd: end } }) };
  };
  assertEquals(certificate(14 * 24 + 1).found, []);
  const soon = certificate(14 * 24 - 1);
  assertEquals(soon.found, [
    ["warn", "nts_certificate", `The certificate of NTS ends on ${soon.end}.`],
  ]);
  const over = certificate(-1);
  assertEquals(over.found, [
    ["bad", "nts_certificate", `The certificate of NTS expired on ${over.end}.`],
  ]);
});

Deno.test("findWarnings says that all upstream servers are lost, once", () => {
  const lost = { url: "ntp://b.example", state: "silent", lastReply: 240 } as const;
  assertEquals(warningsOf([lost, lost], { state: "holdover" }), [
    [
      "bad",
      "all_upstreams_lost",
      "No upstream server answers. The time goes on by itself, within 2.310 ms now.",
    ],
  ]);
  const found = warningsOf([lost], { state: "unsynchronized", leap: 3 });
  assertEquals(found.map(([, kind]) => kind), ["all_upstreams_lost", "unsynchronized"]);
  assertMatch(found[1]?.[2] ?? "", /The upstream servers have not given a time/);
});

Deno.test("findWarnings says how far a falseticker is from the others", () => {
  const wrong = { ...good, url: "ntp://b.example", state: "falseticker", offset: 4 } as const;
  assertEquals(warningsOf([good, good, wrong]), [
    [
      "bad",
      "falseticker",
      "ntp://b.example contradicts the others: it is +4.000 s from them.",
    ],
  ]);
});

Deno.test("findWarnings blames no upstream server by a figure where no majority agrees", () => {
  const left = { ...good, state: "falseticker", offset: -1e-5 } as const;
  const right = { ...left, url: "ntp://b.example", offset: 4 } as const;
  assertEquals(
    warningsOf([left, right]),
    [left, right].map(({ url }) => [
      "bad",
      "falseticker",
      `${url} contradicts another: no majority of the upstream servers agrees.`,
    ]),
  );
});
