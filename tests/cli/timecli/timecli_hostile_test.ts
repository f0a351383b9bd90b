/** What `timecli` prints of hostile names and replies, by every command, in every form. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { runTimecli } from "../../support/command_line.ts";
import { FakeNetwork } from "../../support/fake_network.ts";

/** What a spreadsheet takes for a formula. */
const FORMULA = "=h.example";

/** The same, with what a terminal obeys, which no host may have. */
const EVIL = "=h\x1bc\x07\x7f\x9b2J\u202e\u2066\u200e\u061c\u{e0041}.example";

const OUTPUT = /^(?:[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*\r?\n)*$/u;

/** The arguments of each command, and whether it needs a server that it can measure. */
const commands: readonly (readonly [args: readonly string[], forms: readonly string[]])[] = [
  [[], ["", "--json", "--csv", "--raw", "-q", "--format=yyyy"]],
  [["--count=2", "--interval=1s"], ["", "--json", "--csv", "--raw"]],
  [["compare", "--count=2"], ["", "--json", "--csv"]],
  [["watch", "--count=2", "--interval=1s"], ["", "--json", "--csv", "--ascii"]],
  [["check", "--count=2"], ["", "--verbose"]],
  [["wait", "--timeout=2s"], ["", "--quiet"]],
  [["explain"], ["", "--json"]],
];

/** The servers, and what each replies. */
const networks: Readonly<Record<string, (network: FakeNetwork, url: string) => void>> = {
  refused: () => {},
  unknown: () => {},
  good: (network, url) => void network.serveNtp(url, () => ({ version: 3 })),
  "of a hostile reference id": (network, url) =>
    void network.serveNtp(url, () => ({ stratum: 1, referenceId: 0x3d413120 })),
  "with a kiss of control characters": (network, url) =>
    void network.serveNtp(url, () => ({ stratum: 0, leap: 3, referenceId: 0x1b5b324a })),
};

Deno.test("timecli prints nothing raw of a name or a reply, by any command, in any form", async () => {
  for (const [name, prepare] of Object.entries(networks)) {
    for (const [args, forms] of commands) {
      for (const form of forms) {
        const network = new FakeNetwork();
        if (name !== "unknown") network.hosts[FORMULA] = ["192.0.2.1"];
        prepare(network, "ntp://192.0.2.1");
        const line = [
          ...args,
          ...(form === "" ? [] : [form]),
          `ntp://${name === "refused" ? EVIL : FORMULA}`,
        ];
        const { stdout, stderr, code } = await runTimecli(line, { network });
        const what = `${name}: ${line.join(" ")}`;
        assertMatch(stdout, OUTPUT, what);
        assertMatch(stderr, OUTPUT, what);
        assert(code !== 0 || name !== "unknown", what);
        if (name === "refused") {
          assertEquals(code, args[0] === "check" ? 3 : 2, what);
          assertMatch(stdout + stderr, /: the host has an unprintable character\n$/);
        }
        for (const row of form === "--csv" ? stdout.split("\r\n").slice(1, -1) : []) {
          assertEquals(/(?:^|,)"?[=+@-](?![\d.:e-]+(?:,|$))/.exec(row)?.[0], undefined, row);
        }
        if (form !== "--json" || name === "refused") continue;
        assert(stdout.includes(`ntp://${FORMULA}:123`), stdout);
        // What is no kiss code is shown in hexadecimal.
        if (name.includes("kiss")) assert(stdout.includes("1b5b324a"), stdout);
      }
    }
  }
});
