import { assertEquals, assertThrows } from "@std/assert";
import { timeoutField } from "../../../src/cli/timecli/options.ts";
import { FieldError } from "../../../src/options/field.ts";
import { runTimecli } from "../../support/command_line.ts";
import { simulatedServers } from "../../support/simulated_servers.ts";

Deno.test("timeoutField() bounds a duration, and keeps it as it was written", () => {
  const { parse } = timeoutField("", "1h");
  const texts = ["1", "1h", "PT1M", "1.5s"];
  assertEquals(texts.map(parse), texts);
  for (const text of ["0", "-1m", "999us", "61m", "soon", ""]) {
    assertThrows(() => parse(text), FieldError, "1ms to 1h");
  }
});

Deno.test("keys and certificates that the environment names are not read for servers without them", async () => {
  const env = { TIMECLI_KEYS: "/none/keys", TIMECLI_NTS_CA: "/none/ca.pem" };
  const { code, stderr } = await runTimecli(["192.0.2.1"], { network: simulatedServers(), env });
  assertEquals([code, stderr], [0, ""]);
  const args = ["192.0.2.1", "--keys", "/none/keys"];
  assertEquals(await runTimecli(args, { network: simulatedServers() }), {
    code: 2,
    stdout: "",
    stderr: "timecli: --keys is for servers with a key: ntp://HOST?key=7\n",
  });
});

Deno.test("options of the environment give way to others of the command line", async () => {
  for (
    const [args, env, code] of [
      [["192.0.2.1"], { TIMECLI_UTC: "1" }, 0],
      [["192.0.2.1", "--utc"], {}, 2],
      [["192.0.2.1", "-r", "1"], { TIMECLI_COUNT: "2" }, 0],
      [["192.0.2.1", "--bind", "192.0.2.200"], { TIMECLI_IPV6: "1" }, 0],
      [["192.0.2.1", "-4"], { TIMECLI_BIND: "2001:db8::200" }, 0],
      [["192.0.2.1"], { TIMECLI_BIND: "2001:db8::200", TIMECLI_IPV4: "1" }, 2],
      [["192.0.2.1", "-6", "--bind", "192.0.2.200"], {}, 2],
      [["check", "192.0.2.1:124"], { TIMECLI_CHECK_PORT: "5000" }, 2],
    ] as const
  ) {
    const outcome = await runTimecli(args, { network: simulatedServers(), env });
    assertEquals(outcome.code, code, `${args} ${JSON.stringify(outcome)}`);
  }
});
