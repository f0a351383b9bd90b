/** Access rules and rate limit that change while a server runs. */
import { assertEquals, assertThrows } from "@std/assert";
import type { AccessCheck, AccessState } from "../../../src/client/control_api.ts";
import { changeAccess } from "../../../src/server/guard/access_lists.ts";
import { Guard, KOD_DENY, KOD_RATE, PASS, planGuard } from "../../../src/server/guard/guard.ts";
import { GuardControl } from "../../../src/server/guard/guard_control.ts";
import type { AccessOptions, GuardOptions } from "../../../src/server/guard/options.ts";
import { refusal } from "../../../src/protocols/responder.ts";
import { parseIpWords } from "../../../src/text/ip_words.ts";

const endpoint = { protocol: "ntp", hostname: "192.0.2.250", port: 123 } as const;

/** A server's control and two of its threads, each with a guard of its own. */
function open(options: GuardOptions = {}, hostnames = ["192.0.2.250"]): {
  control: GuardControl;
  /** What each thread decides at the beginning of its next batch. */
  admit(address: string): readonly number[];
} {
  const plan = planGuard(options, true);
  const guards = [1, 2].map(() => new Guard(plan, endpoint, () => 0));
  return {
    control: new GuardControl(plan.page, options, () => hostnames),
    admit: (hostname) =>
      guards.map((guard) => {
        guard.look();
        const readAddress = (words: Uint32Array): void => void parseIpWords(hostname, words);
        const source = { transport: "udp", hostname, port: 51_402, readAddress } as const;
        return guard.admit(source, { seconds: 0, nanoseconds: 0 });
      }),
  };
}

const DENIED = refusal("denied");

Deno.test("changeAccess() moves networks, and leaves the verdict on all others as it was", () => {
  const table: [before: AccessOptions, change: AccessOptions, after: AccessOptions][] = [
    [{}, { deny: ["192.0.2.0/24"] }, { allow: [], deny: ["192.0.2.0/24"] }],
    // To allow a network does not deny the others.
    [{}, { allow: ["192.0.2.0/24"] }, { allow: ["all", "192.0.2.0/24"], deny: [] }],
    [
      { deny: ["10.0.0.0/8"] },
      { allow: ["10.1.0.0/16"] },
      { allow: ["all", "10.1.0.0/16"], deny: ["10.0.0.0/8"] },
    ],
    [{ deny: ["10.0.0.0/8", "::1"] }, { allow: ["10.9.9.9/8"] }, {
      allow: ["all", "10.9.9.9/8"],
      deny: ["::1"],
    }],
    // The last network that was allowed leaves a server that serves nobody, not everybody.
    [{ allow: ["10.0.0.0/8"] }, { deny: ["10.0.0.0/8"] }, {
      allow: [],
      deny: ["all", "10.0.0.0/8"],
    }],
    [{ allow: ["10.0.0.0/8"] }, { deny: ["10.1.0.0/16"] }, {
      allow: ["10.0.0.0/8"],
      deny: ["10.1.0.0/16"],
    }],
    [{ allow: ["10.0.0.0/8"] }, { allow: ["all"] }, { allow: ["all", "10.0.0.0/8"], deny: [] }],
    [{ deny: ["2001:db8::/32"] }, { deny: ["all"] }, { allow: [], deny: ["all", "2001:db8::/32"] }],
    [{ deny: ["all"] }, { allow: ["all"] }, { allow: [], deny: [] }],
    [{}, { deny: ["::/0"] }, { allow: ["0.0.0.0/0"], deny: ["::/0"] }],
    [{}, {}, { allow: [], deny: [] }],
  ];
  for (const [before, change, after] of table) {
    assertEquals(changeAccess(before, change), after, JSON.stringify([before, change]));
    // What is read again means the same.
    assertEquals(changeAccess(after, {}), after, JSON.stringify(after));
  }
});

Deno.test("a change reaches every thread with its next batch, as a whole", () => {
  const { control, admit } = open({ access: { deny: ["192.0.2.9"] } });
  assertEquals([admit("192.0.2.9"), admit("192.0.2.10")], [[DENIED, DENIED], [PASS, PASS]]);
  control.change({ deny: ["192.0.2.0/24"], allow: ["192.0.2.9", "2001:db8::9"] });
  assertEquals([admit("192.0.2.9"), admit("192.0.2.10")], [[PASS, PASS], [DENIED, DENIED]]);
  control.change({ deny: ["2001:db8::/32"], deny_action: "kod" });
  assertEquals(admit("192.0.2.10"), [KOD_DENY, KOD_DENY]);
  assertEquals([admit("2001:db8::9"), admit("2001:db8::8")], [[PASS, PASS], [KOD_DENY, KOD_DENY]]);
  control.reset();
  assertEquals([admit("192.0.2.9"), admit("192.0.2.10")], [[DENIED, DENIED], [PASS, PASS]]);
});

Deno.test("a limit is set, changed and taken away, with its memory in all threads", () => {
  const { control, admit } = open({ rateLimit: "off" });
  const verdicts = (): number[] => Array.from({ length: 40 }, () => admit("192.0.2.1")).flat();
  assertEquals(new Set(verdicts()), new Set([PASS]));
  control.change({ rate_limit: "1/s,2", rate_kod: 1 });
  const [first, second, ...rest] = verdicts();
  assertEquals([first, second], [PASS, PASS]);
  // An eighth passes all the same; one KoD a minute.
  assertEquals(rest.filter((verdict) => verdict === KOD_RATE).length, 1);
  assertEquals(rest.filter((verdict) => verdict === refusal("rate_limited")).length > 40, true);
  const { rateLimit, rateKod, limitsThisMachine } = control.state;
  assertEquals([rateLimit, rateKod, limitsThisMachine], ["1/s,2", 1, true]);
  // The share stays; the burst is that of the new rate.
  control.change({ rate_limit: "4/s" });
  assertEquals([control.state.rateLimit, control.state.rateKod], ["4/s,32", 1]);
  control.change({ rate_ipv4_prefix: 24 });
  assertEquals([control.state.rateLimit, control.state.rateIpv4Prefix], ["4/s,32", 24]);
  control.change({ rate_limit: "off" });
  assertEquals([control.state.rateLimit, ...new Set(verdicts())], ["off", PASS]);
});

Deno.test("a change that cannot be changes nothing, and says why", () => {
  const { control, admit } = open({ rateLimit: "off" });
  const before: AccessState = control.state;
  const many = Array.from({ length: 20_000 }, (_, i) => `10.${i >> 8}.${i & 255}.1`);
  const wrong: [json: object, type: typeof Error, message: string][] = [
    [{}, SyntaxError, "Nothing to change: expected allow, deny, deny_action or rate_limit"],
    [{ dney: ["all"] }, SyntaxError, 'Unknown access option "dney": did you mean deny?'],
    [{ deny: ["10.0.0.0/33"] }, SyntaxError, 'access.deny is ["10.0.0.0/33"]'],
    [{ deny: ["10.0.0.0/8"], allow: ["10.9.0.0/8"] }, SyntaxError, "Cannot both allow and deny"],
    [{ deny: ["192.0.2.1"], rate_limit: "fast" }, SyntaxError, 'access.rate_limit is "fast"'],
    [
      { deny: ["192.0.2.1"], rate_kod: 1 },
      RangeError,
      "need a rate limit: give a --rate-limit, too",
    ],
    [{ rate_limit: "off", rate_kod: 1 }, RangeError, "leave out --rate-limit off"],
    [{ rate_limit: "1/s", rate_kod: 2 }, RangeError, "access.rate_kod is 2"],
    [{ deny: many }, RangeError, "Too many networks for a server that runs"],
  ];
  for (const [json, type, message] of wrong) {
    assertThrows(() => control.change(json), type, message);
    assertEquals(control.state, before, message);
  }
  assertEquals(admit("192.0.2.1"), [PASS, PASS]);
  const fixed = new GuardControl(undefined, {}, () => []);
  assertThrows(() => fixed.change({ deny: ["all"] }), RangeError, "These settings cannot change");
});

Deno.test("a check tells what would happen to a request, and why", () => {
  const rules = { allow: ["10.0.0.0/8", "10.1.2.3"], deny: ["10.1.0.0/16"] };
  const served = (reason: string, rule: string | null = null): Partial<AccessCheck> => ({
    ...{ answered: true, cause: null, kod: false, rule, reason },
  });
  const denied = (reason: string, rule: string | null = null): Partial<AccessCheck> => ({
    ...{ answered: false, cause: "denied", kod: false, rule, reason },
  });
  const table: [GuardOptions, address: string, Partial<AccessCheck>][] = [
    [{}, "192.0.2.7", served("no rule denies it; rate limit 16/s,128")],
    [{}, "127.0.0.1", served("no rule denies it; no rate limit for this machine")],
    [{ rateLimit: { perSecond: 2 } }, "::1", served("no rule denies it; rate limit 2/s,16")],
    [{ rateLimit: "off" }, "2001:db8::1", served("no rule denies it; no rate limit")],
    [{ access: rules }, "10.1.2.3", served("allowed by 10.1.2.3; rate limit 16/s,128", "10.1.2.3")],
    [{ access: rules }, "10.1.2.4", denied("denied by 10.1.0.0/16", "10.1.0.0/16")],
    [{ access: rules }, "192.0.2.7", denied("no rule allows it")],
    [{ access: rules }, "::ffff:10.1.2.4", denied("denied by 10.1.0.0/16", "10.1.0.0/16")],
    [{ access: { deny: ["all"], denyAction: "kod" } }, "::2", {
      ...denied("denied by ::/0; NTP requests get a KoD DENY", "::/0"),
      kod: true,
    }],
    [{}, "224.0.0.1", {
      ...denied("no request can come from there"),
      cause: "source_address",
    }],
  ];
  for (const [options, address, expected] of table) {
    const { control } = open(options);
    assertEquals(control.check(address), { address, ...expected } as AccessCheck, address);
  }
  const { control } = open({}, ["127.0.0.1", "::1"]);
  assertEquals(control.check("192.0.2.7").reason, "all listeners are on loopback addresses");
  for (const wrong of ["localhost", "192.0.2.0/24", "all", ""]) {
    assertThrows(() => control.check(wrong), SyntaxError, "Cannot read the address");
  }
});
