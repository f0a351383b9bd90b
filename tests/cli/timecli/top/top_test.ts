import { assert, assertEquals, assertMatch } from "@std/assert";
import { runLive } from "../../../../src/cli/timecli/top/top.ts";
import { timecli } from "../../../../src/cli/timecli/timecli.ts";
import type { ClientsQuery } from "../../../../src/client/clients_query.ts";
import type { ClientsAnswer } from "../../../../src/client/control_api.ts";
import { serve } from "../../../../src/server/serve.ts";
import { samples } from "../../../client/control_samples.ts";
import { runMain } from "../../../support/command_line.ts";
import { assertDocumented } from "../../../support/documented.ts";
import { typeKeys } from "../../../support/key_terminal.ts";
import type { Outcome } from "../../../support/process.ts";
import { UdpClient } from "../../../support/udp_client.ts";
import { within } from "../../../support/wait.ts";

const top = (...args: readonly string[]): Promise<Outcome> =>
  runMain("timecli", timecli, ["top", ...args]);

Deno.test("timecli top prints lists as lines, or as documented JSON", async () => {
  await using server = await serve("asctime://127.0.0.1:0", {
    control: "127.0.0.1:0",
    controlToken: "0123456789abcdef",
    access: { deny: ["127.0.0.3"] },
  });
  for (const [hostname, count] of [["127.0.0.2", 3], ["127.0.0.3", 1]] as const) {
    using client = new UdpClient(hostname);
    for (let i = 0; i < count; i++) {
      if (hostname === "127.0.0.2") await client.ask(new Uint8Array(1), server.addresses[0]);
      else await client.send(new Uint8Array(1), server.addresses[0]);
    }
  }
  const { url = "" } = server.control ?? {};
  const reached = [url, "--token", "0123456789abcdef"];
  const { code, stdout, stderr } = await top(
    ...reached,
    "-n",
    "2",
    "-i",
    "100ms",
    "--sort",
    "denied",
  );
  assertEquals([code, stderr], [0, ""]);
  const [first, second, ...more] = stdout.split("\n\n");
  assertEquals(more, []);
  for (const table of [first, second?.trimEnd()]) {
    const lines = table?.split("\n") ?? [];
    assertEquals(lines.length, 4);
    assertMatch(lines[0] ?? "", /^\d{4}-\S+Z {2}2 clients, by denied$/);
    assertMatch(lines[2] ?? "", /^127\.0\.0\.3 +text +\S+ +1 +0 +0 +1 +0 +0 +- +now +now$/);
    assertMatch(lines[3] ?? "", /^127\.0\.0\.2 +text +\S+ +3 +3 +0 +0 +0 +0 /);
  }
  const json = await top(...reached, "-n", "1", "--json", "--limit", "1", "--sort", "requests");
  const answer = JSON.parse(json.stdout);
  assertDocumented(answer, "control");
  assertEquals([json.stdout.split("\n").length, answer.total, answer.clients[0].address], [
    ...[2, 2],
    "127.0.0.2",
  ]);
  let lines = 0;
  const closed = await runMain("timecli", timecli, ["top", ...reached, "-i", "100ms"], {
    onOutput(): void {
      if (++lines === 2) throw new Deno.errors.BrokenPipe("Broken pipe");
    },
  });
  assertEquals([closed.code, closed.stderr, lines], [0, "", 2]);
  const refused = await top(url, "-n", "1");
  assertEquals([refused.code, refused.stdout], [1, ""]);
});

Deno.test("timecli top ends with the code of a server that is not reached, or a wrong command line", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const gone = await top(`127.0.0.1:${port}`);
  assertEquals(gone.code, 4);
  assertMatch(gone.stderr, /start the server with: .* --control 127\.0\.0\.1:\d+\n$/);
  for (
    const args of [["--sort", "name"], ["--limit", "0"], ["--count", "0"], ["ntp://127.0.0.1"]]
  ) {
    assertEquals((await top(...args)).code, 2, args.join(" "));
  }
});

/** Runs it on a terminal that sends a key after each list; returns the screens and what was asked for. */
async function press(
  keys: readonly string[],
  answer: (asked: number, signal: AbortSignal) => Promise<ClientsAnswer> = () =>
    Promise.resolve(samples.clients),
): Promise<{ screens: string[]; queries: ClientsQuery[] }> {
  const queries: ClientsQuery[] = [];
  let next = Promise.withResolvers<void>();
  const beforeKey = async (): Promise<void> => {
    await next.promise;
    next = Promise.withResolvers<void>();
  };
  const screens = await typeKeys(keys, beforeKey, () =>
    within(
      10,
      runLive({
        url: "http://127.0.0.1:8890",
        sort: "rate",
        limit: undefined,
        intervalMs: 3_600_000,
        isAscii: true,
        readState: () => Promise.resolve(samples.state),
        readClients: (query, signal) => {
          queries.push(query);
          // The answer is drawn first.
          setTimeout(() => next.resolve(), 5);
          return answer(queries.length, signal);
        },
        signal: new AbortController().signal,
      }),
    ));
  return { screens, queries };
}

Deno.test("timecli top asks anew at a key that sorts, and quits", async () => {
  const { screens, queries } = await press(["d", "xL", "q"]);
  assertEquals(queries, [
    { sort: "rate", limit: 19 },
    { sort: "denied", limit: 19 },
    { sort: "limited", limit: 19 },
  ]);
  for (const sort of ["rate", "denied", "limited"]) {
    assert(screens.some((screen) => screen.includes(`by ${sort}`)), sort);
  }
  assertMatch(screens[0] ?? "", /192\.0\.2\.1 +NTP v4/);
});

Deno.test("timecli top goes on when the server does not answer for a while", async () => {
  const { screens, queries } = await press(
    ["a", "t", "q"],
    (asked) =>
      asked === 2 ? Promise.reject(new Error("out of luck")) : Promise.resolve(samples.clients),
  );
  assertEquals(queries.map(({ sort }) => sort), ["rate", "answered", "last"]);
  assertEquals(screens.some((screen) => screen.includes("out of luck")), true);
  assertEquals(screens.at(-1)?.includes("out of luck"), false);
  assert(screens.every((screen) => screen.includes("192.0.2.1")));
});

Deno.test("timecli top quits while a server keeps it waiting", async () => {
  const { queries } = await press(["d", "q"], (asked, signal) => {
    if (asked === 1) return Promise.resolve(samples.clients);
    const { promise, reject } = Promise.withResolvers<ClientsAnswer>();
    signal.addEventListener("abort", () => reject(signal.reason));
    return promise;
  });
  assertEquals(queries.length, 2);
});
