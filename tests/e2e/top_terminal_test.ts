/** `timecli top` on a real terminal. */
import { assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../mod.ts";
import { where } from "../support/needs.ts";
import { bothPrograms } from "../support/programs.ts";
import { UdpClient } from "../support/udp_client.ts";
import { Tmux } from "./tmux.ts";

for (const { kind, needs, timecli } of await bothPrograms()) {
  Deno.test(
    await where(
      { ...needs, commands: ["tmux", "sh", "stty", "env"] },
      `timecli top (${kind}): shows clients on any terminal, in the order of a key, and leaves it`,
      async () => {
        await using server = await serve("asctime://127.0.0.1:0", {
          control: "127.0.0.1:0",
          access: { deny: ["127.0.0.3"] },
        });
        const { url = "" } = server.control ?? {};
        const ask = async (hostname: string, count: number): Promise<void> => {
          using client = new UdpClient(hostname);
          for (let i = 0; i < count; i++) await client.send(new Uint8Array(1), server.addresses[0]);
        };
        await ask("127.0.0.2", 30);
        await ask("127.0.0.3", 7);
        const size = { columns: 80, rows: 24 };
        const args = [...timecli, "top", url, "--interval", "200ms", "--sort", "requests"];
        await using terminal = await Tmux.open(args, size);
        const first = await terminal.shows(/^127\.0\.0\.3 /m);
        const [title, totals, clients, head, ...rows] = first.split("\n");
        assertMatch(title ?? "", new RegExp(`^timecli top {3}${url} {3}up \\d+ s$`));
        assertMatch(totals ?? "", /37 received, 30 answered, 7 refused \(7 denied\), 0 errors$/);
        assertEquals(clients, "2 clients, by requests");
        assertMatch(
          head ?? "",
          /^CLIENT +PROTOCOL +RATE +REQUESTS +ANSWERED +KOD +DENIED .* LAST$/,
        );
        assertMatch(rows[0] ?? "", /^127\.0\.0\.2 +text +\S+ +30 +30 +0 +0 /);
        assertMatch(rows[1] ?? "", /^127\.0\.0\.3 +text +\S+ +7 +0 +0 +7 /);
        assertMatch(first, /\nq quit {2}p pause {2}sort: r rate [^\n]+\n$/);
        await terminal.press("d");
        await terminal.shows(/by denied\nCLIENT .*\n127\.0\.0\.3 [^\n]*\n127\.0\.0\.2 /);

        await terminal.resize(40, 10);
        const narrow = await terminal.shows(/^CLIENT +RATE +DENIED +LAST$/m);
        assertEquals(narrow.trimEnd().split("\n").length, 10);
        assertMatch(narrow, /\nq quit {2}p pause {2}sort: r a k d l t\n$/);
        await ask("127.0.0.4", 1);
        await terminal.shows(/^3 clients, by denied$/m);
        await terminal.press("q");
        const last = await terminal.shows(/code=\d+, .*restored/);
        assertMatch(last, /^before\ncode=0, restored\n/);
        assertEquals([await terminal.fact("alternate_on"), await terminal.fact("cursor_flag")], [
          ...["0", "1"],
        ]);
      },
    ),
  );
}
