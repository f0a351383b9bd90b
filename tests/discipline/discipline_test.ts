import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Discipline } from "../../src/discipline/discipline.ts";
import { check } from "../support/property.ts";
import { type Outcome, simulate } from "../../scripts/bench/discipline/world.ts";
import { worlds } from "../../scripts/bench/discipline/worlds.ts";

const limits = { minPoll: 6, maxPoll: 10 };

/** A discipline of some upstreams, whose answers are given by hand; its spread is none. */
class Followed {
  readonly discipline = new Discipline(0, { random: () => 0.5, maxDistance: 1 });
  now = 0;

  constructor(count: number) {
    for (let i = 0; i < count; i++) this.discipline.add(0, limits);
  }

  /** Asks the next one; `answer` gives its offset, or undefined for a loss. */
  ask(answer: (index: number, at: number) => number | undefined, more: object = {}): number {
    const { index, at } = this.discipline.next;
    this.now = at;
    this.discipline.sent(index, at);
    const offset = answer(index, at);
    if (offset === undefined) this.discipline.lost(index, at + 1);
    else this.reply(index, offset, more);
    return index;
  }

  reply(index: number, offset: number, more: object = {}): void {
    this.discipline.replied(index, {
      ...{ at: this.now, offset, delay: 1e-3, dispersion: 1e-6 },
      ...{ rootDelay: 0, rootDispersion: 1e-3, leap: 0, stratum: 1, id: index, ...more },
    }, this.now);
  }

  until(at: number, answer: (index: number, at: number) => number | undefined): void {
    while (this.discipline.next.at <= at) this.ask(answer);
    this.now = at;
    this.discipline.advance(at);
  }

  get states(): string[] {
    return this.discipline.upstreams.map((_, i) => this.discipline.stateOf(i).state);
  }
}

Deno.test("two replies of more than half of the upstreams make the time, one does not", () => {
  const followed = new Followed(3);
  const states: string[] = [];
  for (let i = 0; i < 6; i++) {
    followed.ask(() => 5);
    states.push(followed.discipline.state);
  }
  const [no, yes] = ["unsynchronized", "synchronized"];
  assertEquals(states, [no, no, no, no, yes, yes]);
  const { discipline, now } = followed;
  assertEquals(discipline.status?.stratum, 2);
  assert(Math.abs(discipline.offset(now) - 5) < 1e-12);
  assert(discipline.distance(now) < 3e-3);
});

Deno.test("upstreams that are silent from the start hold up the others for 12 s, no longer", () => {
  const followed = new Followed(3);
  followed.until(11, (index) => index === 0 ? 5 : undefined);
  assertEquals(followed.discipline.state, "unsynchronized");
  followed.until(14, (index) => index === 0 ? 5 : undefined);
  assertEquals([followed.discipline.state, followed.states], [
    "synchronized",
    ["selected", "silent", "silent"],
  ]);
});

Deno.test("two that disagree are no majority; three outvote one, which is named", () => {
  const two = new Followed(2);
  two.until(300, (index) => index);
  assertEquals([two.discipline.state, two.states], ["unsynchronized", [
    "falseticker",
    "falseticker",
  ]]);
  const three = new Followed(3);
  three.until(300, (index) => index === 1 ? 1 : 0);
  assertEquals([three.discipline.state, three.states[1]], ["synchronized", "falseticker"]);
});

Deno.test("without any upstream the time goes on, until its bound is too wide", () => {
  const followed = new Followed(2);
  followed.until(3600, (_, at) => 2e-6 * at);
  const { discipline } = followed;
  assertEquals(discipline.state, "synchronized");
  followed.until(3600 * 5, () => undefined);
  assertEquals(discipline.state, "holdover");
  assert(Math.abs(discipline.offset(18_000) - 0.036) < discipline.distance(18_000));
  followed.until(3600 * 24 * 12, () => undefined);
  assertEquals([discipline.state, discipline.status], ["unsynchronized", undefined]);
  // They are asked every 1024 s by then.
  followed.until(3600 * 24 * 12 + 1100, () => 7);
  assertEquals(discipline.state, "synchronized");
});

Deno.test("a time beyond the greatest distance is never served, whatever replies come", () => {
  const followed = new Followed(3);
  const { discipline } = followed;
  const states = new Set<string>();
  const until = (at: number, rootDispersion: number): void => {
    while (discipline.next.at <= at) {
      followed.ask(() => 0, { rootDispersion });
      states.add(discipline.state);
    }
  };
  until(100, 1.01);
  assertEquals([...states], ["unsynchronized"]);
  assertEquals(followed.states.toSorted(), ["combined", "combined", "selected"]);
  until(300, 0.9);
  assertEquals(discipline.state, "synchronized");
  states.clear();
  until(3600 * 24 * 8, 1.01);
  assertEquals([discipline.state, discipline.status], ["unsynchronized", undefined]);
  until(3600 * 24 * 8 + 2000, 0.9);
  assertEquals(discipline.state, "synchronized");
});

Deno.test("a small correction is slewed, and one forward by more than 0.25 s is a step", () => {
  const followed = new Followed(1);
  const { discipline } = followed;
  followed.until(7200, () => 0);
  const before = discipline.offset(followed.now);
  // An asymmetry of some ms, which contradicts nothing.
  followed.until(7200 + 1100, () => 1.2e-3);
  const { rate, nextFrom, from } = discipline.correction;
  assertAlmostEquals(nextFrom - from, 8, 1e-9);
  assert(Math.abs(rate) <= 510e-6, `${rate}`);
  assert(Math.abs(discipline.offset(from) - before) < 2e-3);
});

Deno.test("a clock that contradicts its own past is out, and begins anew after three replies", () => {
  const followed = new Followed(3);
  followed.until(3600, () => 0);
  const seen = new Set<string>();
  followed.until(3600 * 4, (index) => {
    seen.add(followed.states[2] ?? "");
    return index === 2 ? 30 : 0;
  });
  assertEquals(followed.discipline.state, "synchronized");
  assertEquals(followed.states[2], "falseticker");
  assert(Math.abs(followed.discipline.offset(followed.now)) < 1e-3);
});

Deno.test("all that contradict their past at once mean that the base clock jumped", () => {
  const followed = new Followed(3);
  followed.until(3600, () => 0);
  followed.until(3600 + 1100, () => 8);
  assertEquals(followed.discipline.state, "synchronized");
  assertEquals(Math.round(followed.discipline.offset(followed.now)), 8);
});

Deno.test("RATE makes an interval longer for good, and DENY ends it", () => {
  const followed = new Followed(2);
  const { discipline } = followed;
  discipline.sent(0, 0);
  discipline.kissed(0, "RATE", 0.1);
  assertEquals(discipline.upstreams[0]?.dueAt, 128);
  discipline.sent(1, 0.05);
  discipline.kissed(1, "DENY", 0.1);
  assertEquals([discipline.next, followed.states], [{ index: 0, at: 128 }, ["silent", "refused"]]);
});

Deno.test("requests that are lost come again after 2, 4, up to 64 s", () => {
  const followed = new Followed(1);
  const times: number[] = [];
  for (let i = 0; i < 8; i++) {
    followed.ask(() => undefined);
    times.push(followed.now);
  }
  assertEquals(times, [0, 2, 6, 14, 30, 62, 126, 190]);
});

Deno.test("a leap second is announced if most truechimers do", () => {
  const followed = new Followed(3);
  for (let i = 0; i < 9; i++) followed.ask(() => 0, { leap: i % 3 === 0 ? 0 : 1 });
  assertEquals(followed.discipline.status?.leap, 1);
  for (let i = 0; i < 9; i++) followed.ask(() => 0, { leap: 0 });
  assertEquals(followed.discipline.status?.leap, 0);
});

Deno.test("an upstream that is not synchronised, or of stratum 15, does not count", () => {
  for (const more of [{ leap: 3 }, { stratum: 0 }, { stratum: 15 }]) {
    const followed = new Followed(1);
    for (let i = 0; i < 9; i++) followed.ask(() => 0, more);
    assertEquals([followed.discipline.state, followed.states], [
      "unsynchronized",
      ["unsynchronized"],
    ]);
  }
});

/** What holds in every world. */
function assertSane(name: string, outcome: Outcome): void {
  const { mostShare, leastWait, requestsInFirstHour, backwards, firstAt, firstDistance } = outcome;
  assert(mostShare <= 0.8, `${name}: an error of ${mostShare} of the distance`);
  assert(leastWait >= 1.9, `${name}: ${leastWait} s between requests`);
  assert(requestsInFirstHour <= 70, `${name}: ${requestsInFirstHour} in the first hour`);
  assert(backwards <= 2e-9, `${name}: back by ${backwards} s`);
  assert(firstAt <= 2.4 && firstDistance < 0.1, `${name}: first after ${firstAt} s`);
}

for (const [name, { summary, options, bars }] of Object.entries(worlds)) {
  if (name === "pause") continue;
  Deno.test(`following servers in a simulated world: ${summary}`, () => {
    for (const seed of [11, 12]) {
      const outcome = simulate(options(), seed);
      assertSane(name, outcome);
      assert(outcome.rms <= bars.rms, `${name}: RMS ${outcome.rms}`);
      assert(outcome.distance <= bars.distance, `${name}: distance ${outcome.distance}`);
      assert(outcome.requestsPerHour <= bars.requests, `${name}: ${outcome.requestsPerHour} / h`);
    }
  });
}

Deno.test("a pause that no clock shows is found by the upstreams", () => {
  const { states } = simulate(worlds.pause.options(), 1);
  const found = states.filter(([at]) => at > 36_000);
  assertEquals(found.map(([, state]) => state), ["unsynchronized", "synchronized"]);
  assert((found[0]?.[0] ?? Infinity) < 36_000 + 1100, `${found[0]?.[0]}`);
  assert((found[1]?.[0] ?? Infinity) - (found[0]?.[0] ?? 0) < 6);
});

Deno.test("the truth is within the root distance, whatever fewer than half of the upstreams say", () => {
  const server = fc.record({
    least: fc.double({ min: 20e-6, max: 50e-3, noNaN: true }),
    queue: fc.double({ min: 1e-6, max: 20e-3, noNaN: true }),
    lie: fc.double({ min: -1, max: 1, noNaN: true }),
    drift: fc.double({ min: -50e-6, max: 50e-6, noNaN: true }),
  });
  check(
    fc.property(
      fc.array(server, { minLength: 3, maxLength: 7 }),
      fc.double({ min: -80e-6, max: 80e-6, noNaN: true }),
      fc.nat(1e6),
      (servers, frequency, seed) => {
        const falsetickers = (servers.length - 1) >> 1;
        const upstreams = servers.map(({ least, queue, lie, drift }, i) => ({
          up: (draws: { exponential(mean: number): number }) => least + draws.exponential(queue),
          down: (draws: { exponential(mean: number): number }) => least + draws.exponential(queue),
          ...i < falsetickers && { error: (at: number) => lie + drift * at },
        }));
        const outcome = simulate(
          { upstreams, oscillator: { frequency, wander: 1e-9 }, hours: 3 },
          seed,
        );
        assert(outcome.mostShare <= 1, `${outcome.mostShare}`);
      },
    ),
    40,
  );
});
