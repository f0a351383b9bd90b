import { assertEquals, assertMatch } from "@std/assert";
import { parseControlUrl } from "../../../../src/cli/timecli/control/server_fields.ts";
import { timecli } from "../../../../src/cli/timecli/timecli.ts";
import { serve } from "../../../../src/server/serve.ts";
import { runMain } from "../../../support/command_line.ts";
import { assertDocumented } from "../../../support/documented.ts";
import type { Outcome } from "../../../support/process.ts";

const TOKEN = "0123456789abcdef";

function control(url: string, ...args: readonly string[]): Promise<Outcome> {
  return runMain("timecli", timecli, ["control", ...args, "--url", url, "--timeout", "5"]);
}

/** A TCP server that sends the same text to everybody. */
function fixedServer(text: string): AsyncDisposable & { readonly url: string } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  const done = (async () => {
    for await (const connection of listener) {
      connections.push(connection);
      if (text !== "") await connection.write(new TextEncoder().encode(text));
    }
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    async [Symbol.asyncDispose](): Promise<void> {
      listener.close();
      for (const connection of connections) connection.close();
      await done;
    },
  };
}

Deno.test("timecli control --json prints what is documented, of every action", async () => {
  await using server = await serve(["ntp://127.0.0.1:0", "ntp://127.0.0.1:0?rate=1"], {
    control: "127.0.0.1:0",
    record: true,
  });
  const url = server.control?.url ?? "";
  const [shared = "", own = ""] = server.addresses.map(({ url }) => url);
  for (
    const [args, key] of [
      [["state"], "totals"],
      [["state", "--listener", shared], "totals"],
      [["set", "--offset", "1h"], "clock"],
      [["set", "--rate", "2", "--listener", own], "clock"],
      [["step", "-1h"], "clock"],
      [["faults", "drop=0.5", "kiss=DENY,every=10"], "faults"],
      [["faults"], "faults"],
      [["scenario", "y2038"], "totals"],
      [["clients"], "unlisted"],
      [["exchanges"], "dropped"],
      [["reset", "--listener", own], "totals"],
      [["reset"], "totals"],
    ] as const
  ) {
    const { code, stdout, stderr } = await control(url, "--json", ...args);
    assertEquals([code, stderr], [0, ""], args.join(" "));
    assertMatch(stdout, /^[^\n]+\n$/);
    const answer = JSON.parse(stdout);
    assertEquals(key in answer, true, stdout);
    assertDocumented(answer, "control");
  }
});

Deno.test("timecli control ends with 2 for a mistake, with 1 for what the server, as it is, refuses", async () => {
  await using server = await serve(["ntp://127.0.0.1:0", "ntp://127.0.0.1:0?rate=1"], {
    control: "127.0.0.1:0",
    controlToken: TOKEN,
  });
  const url = server.control?.url ?? "";
  const [shared = ""] = server.addresses.map(({ url }) => url);
  await using silent = fixedServer("");
  await using stranger = fixedServer("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno");
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  closed.close();
  const admitted = ["--token", TOKEN];
  for (
    const [code, where, args, message] of [
      [1, url, ["state"], /refuses: The token is missing or wrong$/],
      [
        1,
        url,
        [...admitted, "state", "--listener", "ntp://127.0.0.1:1"],
        /refuses: There is no listener ntp:/,
      ],
      [
        1,
        url,
        [...admitted, "set", "--rate", "2", "--listener", shared],
        /refuses: \S+ has the server's clock: /,
      ],
      [
        1,
        url,
        [...admitted, "step", "1h", "--listener", shared],
        /refuses: \S+ has the server's clock: /,
      ],
      [1, stranger.url, ["state"], / is no control interface of timesrv$/],
      [2, url, [...admitted, "clients", "--listener", shared], /There is one list of clients/],
      [2, url, [...admitted, "set", "--offset", "soon"], /offset is "soon"/],
      [2, url, ["stat"], /Unknown action "stat"/],
      [2, "http://127.0.0.1:0", ["state"], /--url is /],
      [3, silent.url, ["state", "--timeout", "0.05"], /No reply from \S+ within 0\.05 s$/],
      [
        4,
        `127.0.0.1:${closed.addr.port}`,
        ["state"],
        /nothing listens there; start the server with: deno task serve --control 127\.0\.0\.1:\d+$/,
      ],
    ] as const
  ) {
    for (const json of [[], ["--json"]]) {
      const outcome = await runMain("timecli", timecli, [
        "control",
        "--url",
        where,
        ...args,
        ...json,
      ]);
      assertMatch(outcome.stderr, /^timecli: [^\n]+\n$/);
      assertMatch(outcome.stderr.trimEnd(), message);
      assertEquals(outcome.code, code, outcome.stderr);
      // A mistake on the command line is not about a server.
      if (json.length === 0 || /--(url|offset) is|Unknown action/.test(outcome.stderr)) {
        assertEquals(outcome.stdout, "");
      } else {
        const { schema, url, error } = JSON.parse(outcome.stdout);
        assertEquals([schema, url], [1, parseControlUrl(where)]);
        assertEquals(`timecli: ${error.message}\n`, outcome.stderr);
      }
    }
  }
});

Deno.test("timecli control applies options of the environment to the actions that have them", async () => {
  await using server = await serve(["ntp://127.0.0.1:0", "ntp://127.0.0.1:0?rate=1"], {
    control: "127.0.0.1:0",
  });
  const env = {
    LANG: "C.UTF-8",
    TIMECLI_CONTROL_URL: server.control?.url ?? "",
    TIMECLI_CONTROL_LISTENER: server.addresses[1]?.url ?? "",
    TIMECLI_CONTROL_SORT: "rate",
    TIMECLI_CONTROL_RATE: "2x",
  };
  for (
    const [args, expected] of [
      [["state"], /^Listener +ntp:\S+$/m],
      [["access"], /^Allowed +all that no rule denies$/m],
      [["clients"], /^0 clients$/m],
      [["set"], /^Rate +2$/m],
      [["step", "1h"], /^Offset +\+/m],
    ] as const
  ) {
    const { code, stdout, stderr } = await runMain("timecli", timecli, ["control", ...args], {
      env,
    });
    assertEquals([code, stderr], [0, ""], args[0]);
    assertMatch(stdout, expected);
  }
  // The second listener alone has got the change.
  const { stdout } = await control(server.control?.url ?? "", "state");
  assertEquals(Array.from(stdout.matchAll(/^( *Rate) +(\d)/gm), (found) => found.slice(1)), [
    ["Rate", "1"],
    ["  Rate", "2"],
  ]);
});
