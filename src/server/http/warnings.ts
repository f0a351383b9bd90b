/** What an administrator should know about a server now, for its status page. */
import type { ServerWarning } from "../../client/served_state.ts";
import type { ServedTime } from "../../clock/served_time.ts";
import type { ClockState } from "../../clock/sources/timeline/state.ts";
import { formatPlural, formatSeconds, formatSignedSeconds } from "../../text/units.ts";
import { formatFaults } from "../faults/text.ts";
import { CERTIFICATE_WARNING_HOURS } from "../nts/options.ts";
import { nameUpstreams } from "../upstreams/report.ts";
import type { ControlledServer } from "./call.ts";
import { leapNames } from "../../protocols/ntp/packet.ts";

/** A warning, and what it is about if there may be several of its kind. */
export interface Finding extends Omit<ServerWarning, "since"> {
  readonly about: string;
  /** The text of the event when it is over. */
  readonly over: string;
}

/** The time in which upstream servers may answer for the first time. */
const START_SECONDS = 15;

/** Finds what is to be known now, the worst first. */
export function findWarnings(subject: ControlledServer): readonly Finding[] {
  return [
    ...simulation(subject),
    ...upstreams(subject),
    ...synchronization(subject),
    ...certificate(subject),
    ...leapSecond(subject),
    ...listeners(subject),
  ];
}

/** How a simulated clock differs from the machine's, each difference in a few words. */
export function describeSimulation(clock: ClockState): readonly string[] {
  const { offset, rate, steps, leapSeconds, smear, noise } = clock;
  return [
    ...Math.abs(offset) < 1e-9 ? [] : [`offset ${formatSignedSeconds(offset)}`],
    ...rate === 1 ? [] : [rate === 0 ? "frozen" : `rate ${rate}`],
    ...steps.length === 0 ? [] : [formatPlural(steps.length, "planned step")],
    ...leapSeconds.length === 0 ? [] : [formatPlural(leapSeconds.length, "planned leap second")],
    ...smear === null ? [] : [`${smear.shape} smear`],
    ...noise === 0 ? [] : [`noise ${formatSeconds(noise)}`],
  ];
}

function simulation({ time }: ControlledServer): Finding[] {
  if (!time.isSimulated) return [];
  const differences = describeSimulation(time.state).join(", ");
  return [{
    level: "simulated",
    kind: "simulated",
    about: "",
    text: `A simulated clock is served${differences && `: ${differences}`}.`,
    over: "The true time is served again.",
  }];
}

function upstreams({ following, started }: ControlledServer): Finding[] {
  if (following === undefined) return [];
  const reports = following.list();
  const names = nameUpstreams(reports);
  const all = reports.map((report, i) => ({ ...report, name: names[i] ?? report.url }));
  const age = (Temporal.Now.instant().epochMilliseconds - started.epochMilliseconds) / 1000;
  const lost = all.filter(({ state, lastReply }) =>
    state === "silent" && (lastReply !== undefined || age > START_SECONDS)
  );
  const { state, distance } = following.discipline;
  const bound = distance === undefined ? "" : `, within ${formatSeconds(distance)} now`;
  if (lost.length === all.length) {
    return [{
      level: "bad",
      kind: "all_upstreams_lost",
      about: "",
      text: state === "unsynchronized"
        ? "No upstream server answers."
        : `No upstream server answers. The time goes on by itself${bound}.`,
      over: "Upstream servers answer again.",
    }];
  }
  const left = all.length - lost.length;
  // Without a majority it is unknown which of them is wrong, and by how much.
  const isAgreed = all.some(({ state }) => state === "selected" || state === "combined");
  return [
    ...lost.map(({ name, lastReply }): Finding => ({
      level: "bad",
      kind: "upstream_lost",
      about: name,
      text: lastReply === undefined
        ? `${name} does not answer. ${left} of ${all.length} ${left === 1 ? "does" : "do"}.`
        : `${name} has not answered for ${formatAge(lastReply)}. ` +
          `${left} of ${all.length} ${left === 1 ? "is" : "are"} left.`,
      over: `${name} answers again.`,
    })),
    ...all.filter(({ state }) => state === "falseticker").map(({ name, offset }): Finding => ({
      level: "bad",
      kind: "falseticker",
      about: name,
      text: !isAgreed
        ? `${name} contradicts another: no majority of the upstream servers agrees.`
        : offset === undefined
        ? `${name} contradicts the others.`
        : `${name} contradicts the others: it is ${formatSignedSeconds(offset)} from them.`,
      over: `${name} agrees with the others again.`,
    })),
  ];
}

/** Formats whole seconds: at one request per minute tenths mean nothing. */
function formatAge(seconds: number): string {
  return seconds < 600 ? `${Math.round(seconds)} s` : formatSeconds(seconds);
}

function synchronization({ time, following }: ControlledServer): Finding[] {
  if (time.look().status.leap !== 3) return [];
  const reason = following === undefined
    ? ""
    : " The upstream servers have not given a time that can be trusted.";
  return [{
    level: "bad",
    kind: "unsynchronized",
    about: "",
    text: `NTP clients are to ignore this server; Daytime and Time are silent.${reason}`,
    over: "Synchronised.",
  }];
}

/** Without a valid certificate clients exchange no keys, and their cookies last for some days at most. */
function certificate({ nts }: ControlledServer): Finding[] {
  if (nts === undefined) return [];
  const { certificateEnd: end } = nts.report;
  const hours = end.since(Temporal.Now.instant()).total("hours");
  if (hours >= CERTIFICATE_WARNING_HOURS) return [];
  const isOver = hours <= 0;
  return [{
    level: isOver ? "bad" : "warn",
    kind: "nts_certificate",
    about: "",
    text: `The certificate of NTS ${isOver ? "expired on" : "ends on"} ${end}.`,
    over: "The certificate of NTS is valid for longer.",
  }];
}

function leapSecond({ time }: ControlledServer): Finding[] {
  const { status } = time.look();
  const { smear } = time.state;
  if (smear !== null && smear.by !== 0) {
    return [{
      level: "warn",
      kind: "leap_second",
      about: "",
      text: `A leap second is smeared (${smear.shape}): ${formatSignedSeconds(smear.by)} so far.`,
      over: "The leap second is over.",
    }];
  }
  const word = leapNames[status.leap];
  if (word !== "insert" && word !== "delete") return [];
  const day = endOfMonth(time);
  return [{
    level: "warn",
    kind: "leap_second",
    about: "",
    text: word === "insert"
      ? `A second is added at the end of ${day}: 23:59:60.`
      : `A second is left out at the end of ${day}: there is no 23:59:59.`,
    over: "The leap second is over.",
  }];
}

function endOfMonth(time: ServedTime): string {
  try {
    const date = time.now().toZonedDateTimeISO("UTC").toPlainDate();
    return String(date.with({ day: date.daysInMonth }));
  } catch {
    // A simulated clock goes on beyond the years that have dates.
    return "the month";
  }
}

function listeners({ listeners, time }: ControlledServer): Finding[] {
  return listeners.flatMap(({ url, time: own, faults }): Finding[] => {
    const names = faults === undefined ? [] : formatFaults(faults.options);
    const isSimulated = own !== time && own.isSimulated;
    return [
      ...!isSimulated ? [] : [
        {
          level: "warn",
          kind: "listener_simulated",
          about: url,
          text: `${url} serves another time: ${describeSimulation(own.state).join(", ")}.`,
          over: `${url} serves the true time again.`,
        } as const,
      ],
      ...names.length === 0 ? [] : [
        {
          level: "warn",
          kind: "faults",
          about: url,
          text: `${url} has faults on purpose: ${names.join(", ")}.`,
          over: `${url} has no faults any more.`,
        } as const,
      ],
    ];
  });
}
