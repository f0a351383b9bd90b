import { assertEquals } from "@std/assert";
import { refusal, refusalCauses } from "../../src/protocols/responder.ts";
import { counter, Counters, repliesByProtocol } from "../../src/transports/counters.ts";

const nothing = Object.fromEntries(refusalCauses.map((cause) => [cause, 0]));

Deno.test("Counters keep each counter and each cause apart, and add up those of threads", () => {
  const memory = new SharedArrayBuffer(Counters.octets);
  const [thread, other] = [new Counters(memory), new Counters()];
  const names = Object.keys(counter) as (keyof typeof counter)[];
  for (const [i, name] of names.entries()) {
    thread.count(counter[name], i + 1);
    if (name === "sent") thread.count(counter[name], 100);
    other.count(counter[name]);
    other.count(counter[name], 0);
  }
  for (const [i, cause] of refusalCauses.entries()) {
    for (let n = 0; n <= i; n++) thread.refuse(refusal(cause));
  }
  const kisses = names.indexOf("kisses");
  const expect = (counts: (i: number) => number, refused: (i: number) => number): unknown => ({
    ...Object.fromEntries(
      names.flatMap((name, i) => name === "sent" ? [] : [[name, counts(i)]]),
    ),
    // Those of one thread are 102 with KoD, those of all twice as many and one.
    answered: (counts(0) === 1 ? 102 : 205) - counts(kisses),
    refused: Object.fromEntries(refusalCauses.map((cause, i) => [cause, refused(i)])),
  });
  // Another thread reads them.
  assertEquals(new Counters(memory).totals() as unknown, expect((i) => i + 1, (i) => i + 1));
  other.add(thread);
  other.add(thread);
  assertEquals(other.totals() as unknown, expect((i) => 2 * i + 3, (i) => 2 * i + 2));
  assertEquals(thread.totals() as unknown, expect((i) => i + 1, (i) => i + 1));
});

Deno.test("Counters count KoD and texts beside the replies, and take back those that were not sent", () => {
  const counters = new Counters();
  const reply = (isKod: boolean, isText: boolean): { isKod: boolean; isText: boolean } => ({
    isKod,
    isText,
  });
  counters.count(counter.sent, 9);
  for (const each of [reply(false, false), reply(true, false), reply(true, true)]) {
    counters.countKind(each, 1);
  }
  for (let i = 0; i < 4; i++) counters.countKind(reply(false, true), 1);
  counters.countKind(reply(false, true), -1);
  const { answered, kisses, texts } = counters.totals();
  assertEquals({ answered, kisses, texts }, { answered: 7, kisses: 2, texts: 3 });
  assertEquals(repliesByProtocol("auto", { answered, texts }), [["ntp", 4], ["asctime", 3]]);
  assertEquals(repliesByProtocol("daytime", { answered, texts: 0 }), [["daytime", 7]]);
});

Deno.test("Counters count as declined whatever is no refusal", () => {
  const counters = new Counters();
  for (const wrong of [0, -0, NaN, -0.5, -refusalCauses.length, -1e9, 1, Infinity]) {
    counters.refuse(wrong);
  }
  assertEquals(counters.totals().refused, { ...nothing, declined: 8 });
});
