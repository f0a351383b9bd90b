/** `timecli control`: its command line, turned into a request to a server's control interface. */
import { Option } from "@commander-js/extra-typings";
import { InvalidArgumentError } from "commander";
import { control, CONTROL_ACTIONS } from "../../../client/control.ts";
import type { ControlAction } from "../../../client/control_api.ts";
import { QueryError } from "../../../protocols/failure.ts";
import { findNearest, suggest } from "../../../text/suggest.ts";
import type { FaultsOptions } from "../../../server/faults/options.ts";
import { describeControl } from "./control_report.ts";
import { queryExitCodes } from "../../shared/exit_codes.ts";
import { addNamedFault } from "../../../server/faults/text.ts";
import { escapeLine } from "../../../text/printable.ts";
import { numberParser, subcommand } from "../../shared/program.ts";
import { findScenario, listScenarios } from "../../timesrv/scenarios.ts";
import { UsageError } from "../../shared/usage_error.ts";
import { writeText } from "../../shared/write_text.ts";

const HELP = `
Actions:
  state                 the clock, the listeners, what they have done
  set OPTIONS           change the clock, by the options of timesrv
  step DURATION         jump, now: +1h, -2s, PT90M
  faults [FAULT...]     what goes wrong from now on, as drop=0.3 kiss=DENY,
                        in place of what did; nothing without any
  scenario NAME         begin anew in a situation: y2038, ./FILE.json, ...;
                        "list" lists those with a name
  clients               who asked lately; under load, a sample
  reset                 begin anew as at the start: clock, faults and all

What is not given to "set" stays as it is; --freeze stands still and --rate 1x
runs again, --leap none and --smear none take them back. A change is served by
every listener and thread at once. --listener means one alone, by its URL as
"state" lists it: its faults, or a clock that its URL has made. A scenario for
all leaves what a listener's URL says of its own clock and faults.

Examples:
  timesrv --control 127.0.0.1:8890
  timecli control state
  timecli control set --time 2038-01-19T03:14:00Z --rate 10x
  timecli control step -1h
  timecli control faults drop=0.3 kiss=RATE,every=10
  timecli control scenario leap-insert

--json prints what the server says (docs/timecli.schema.json, control).

Exit codes:
  0  done; what is so now is printed
  1  something else failed, or the server has refused: it says why
  2  the command line is wrong, also in the server's eyes: nothing has changed
 ${code("timeout")}  no reply in time
 ${code("refused")}  nothing listens there
 ${code("unknown-host")}  the host is unknown
 ${code("unreachable")}  the network would not carry the request

The token is best given as TIMECLI_CONTROL_TOKEN: others see a command line.`;

export const { define } = subcommand(
  (command) =>
    command
      .description("Looks at a time server that runs with --control, and changes it.")
      // A step may begin with a minus, which is no option.
      .allowUnknownOption()
      .addArgument(
        command.createArgument("<action>", "what to do").choices(CONTROL_ACTIONS)
          .argParser(parseAction),
      )
      .argument("[values...]", "the duration of a step, faults, or a scenario")
      .optionsGroup("Which server:")
      .option("--url <url>", "its control interface", checkUrl, "http://127.0.0.1:8890")
      .option("--token <token>", "what it wants to know, if it was started with one")
      .option("--listener <url>", "of its listeners this one alone")
      .option(
        "-t, --timeout <seconds>",
        "give up after so long",
        numberParser("seconds above 0, up to 600", (value) => value > 0 && value <= 600),
        3,
      )
      .optionsGroup("For set:")
      .option("--time <instant>", "go on from a date")
      .option("--offset <duration>", "be ahead of the system's clock, or of --time")
      .option("--rate <rate>", "run at a rate: 2x, -0.5, +50ppm")
      .addOption(new Option("--freeze", "stand still").conflicts("rate"))
      .option("--step <step>", "jump later: +1s@00:05; again and again", collect)
      .option("--leap <leap>", "a leap second: insert@2028-12-31, or none")
      .option("--smear <shape>", "spread it: linear, cosine, google, ..., or none")
      .option("--clock-noise <duration>", "be off at random, by so much")
      .option(
        "--seed <number>",
        "what that noise is made from",
        numberParser(
          "a whole number, 0 to 4294967295",
          (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32,
        ),
      )
      .optionsGroup("What to print:")
      .option("--json", "what the server said")
      .optionsGroup("About the command:")
      .addHelpText("after", HELP),
  async (command) => {
    const [action, values] = command.processedArgs;
    for (const value of values) refuseOption(value, command.options.map(({ long }) => long ?? ""));
    if (action === "scenario" && values.length === 1 && values[0] === "list") {
      return writeText(Deno.stdout, `${listScenarios()}\n`);
    }
    return await run(action, values, command.opts());
  },
);

function parseAction(text: string): ControlAction {
  if (text.startsWith("-")) throw new UsageError(`unknown option '${text}'`);
  const action = CONTROL_ACTIONS.find((known) => known === text);
  if (action !== undefined) return action;
  throw new InvalidArgumentError(sentence(suggest(text, CONTROL_ACTIONS)));
}

/** What begins as an option and is none is no value either; only a step may be negative. */
function refuseOption(value: string, options: readonly string[]): void {
  if (!/^-[^\d.]/.test(value)) return;
  const [meant] = findNearest(value.replace(/=.*/, ""), options);
  throw new UsageError(
    `unknown option '${value}'${meant === undefined ? "" : ` (Did you mean ${meant}?)`}`,
  );
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

interface SetOptions {
  readonly time?: string | undefined;
  readonly offset?: string | undefined;
  readonly rate?: string | undefined;
  readonly freeze?: true | undefined;
  readonly step?: readonly string[] | undefined;
  readonly leap?: string | undefined;
  readonly smear?: string | undefined;
  readonly clockNoise?: string | undefined;
  readonly seed?: number | undefined;
}

interface Options extends SetOptions {
  readonly url: string;
  readonly token?: string | undefined;
  readonly listener?: string | undefined;
  readonly timeout: number;
  readonly json?: true | undefined;
}

async function run(
  action: ControlAction,
  values: readonly string[],
  options: Options,
): Promise<number> {
  const { url, token, listener, timeout, json, ...rest } = options;
  const body = await bodyOf(action, values, rest);
  const said = await control(action, { url, token, listener, timeout, body })
    .catch((error) => error);
  if (said instanceof QueryError && said.reason === "refused") {
    const advice = `start the server with: timesrv --control ${new URL(url).host}`;
    writeText(Deno.stderr, `timecli: ${escapeLine(said.message)}; ${advice}\n`);
    return queryExitCodes.refused;
  }
  if (said instanceof RangeError) throw new UsageError(said.message);
  if (said instanceof Error) throw said;
  writeText(Deno.stdout, `${json ? JSON.stringify(said) : describeControl(action, said)}\n`);
  return 0;
}

async function bodyOf(
  action: ControlAction,
  values: readonly string[],
  options: SetOptions,
): Promise<unknown> {
  const change = changeOf(options);
  const isChanged = Object.keys(change).length > 0;
  if (isChanged && action !== "set") throw new UsageError(`options of "set" are not for ${action}`);
  const [value] = values;
  switch (action) {
    case "step":
      if (value === undefined || values.length > 1) {
        throw new UsageError("step takes one duration, such as +1h");
      }
      return { step: value };
    case "faults":
      return faultsOf(values);
    case "scenario":
      if (value === undefined || values.length > 1) {
        throw new UsageError("scenario takes one name, such as y2038, or ./FILE.json");
      }
      return await findScenario(value);
    case "set":
      if (!isChanged) throw new UsageError("set takes options, such as --offset +1h");
  }
  if (value !== undefined) throw new UsageError(`${action} takes no ${value}`);
  return action === "set" ? change : undefined;
}

function changeOf({ step, clockNoise, ...rest }: SetOptions): Record<string, unknown> {
  const change = { ...rest, steps: step, noise: clockNoise };
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

function faultsOf(values: readonly string[]): FaultsOptions {
  try {
    return values.reduce<FaultsOptions>(addNamedFault, {});
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function checkUrl(text: string): string {
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (url === null || url.protocol !== "http:" || url.pathname !== "/" || url.search !== "") {
    throw new UsageError(
      `Cannot read the URL "${text}": expected one such as http://127.0.0.1:8890`,
    );
  }
  return url.origin;
}

function code(reason: keyof typeof queryExitCodes): string {
  return String(queryExitCodes[reason]).padStart(2);
}
