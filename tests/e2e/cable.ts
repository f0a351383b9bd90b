/** Networks of their own for the tests of what a network does to a server. */
import { assertEquals } from "@std/assert";
import { type Outcome, run } from "../support/process.ts";

type Command = readonly [string, ...string[]];

/** Two hosts of their own on one cable: a server's with two addresses of each kind, and a client's. */
export class Cable implements AsyncDisposable {
  // Tests run side by side in threads of one process: its id names none of them.
  readonly #id = `t${crypto.randomUUID().slice(0, 8)}`;
  readonly server = `${this.#id}s`;
  readonly client = `${this.#id}c`;

  static async lay(): Promise<Cable> {
    const cable = new Cable();
    try {
      await cable.#lay();
      return cable;
    } catch (error) {
      await cable[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #lay(): Promise<void> {
    const { server, client } = this;
    await ip(`netns add ${server}`);
    await ip(`netns add ${client}`);
    await ip(`-n ${server} link add cable type veth peer cable netns ${client}`);
    const addresses = [
      [server, "10.77.0.1/24", "10.77.0.2/24", "fd00:77::1/64", "fd00:77::2/64", "fe80::1/64"],
      [client, "10.77.0.9/24", "fd00:77::9/64", "fe80::9/64"],
    ] as const;
    // Given by hand and never checked for twins, so that all are there at once.
    for (const [host, ...own] of addresses) {
      await ip(`-n ${host} link set cable addrgenmode none`);
      await ip(`-n ${host} link set lo up`);
      await ip(`-n ${host} link set cable up`);
      for (const address of own) {
        const noCheck = address.includes(":") ? " nodad" : "";
        await ip(`-n ${host} addr add ${address} dev cable${noCheck}`);
      }
    }
  }

  onServer(...command: Command): [string, ...string[]] {
    return ["ip", "netns", "exec", this.server, ...command];
  }

  onClient(...command: Command): [string, ...string[]] {
    return ["ip", "netns", "exec", this.client, ...command];
  }

  /** Runs a script on one of the two hosts; each of its commands has to succeed. */
  async shell(host: string, script: string): Promise<void> {
    const { code, stderr } = await run(["ip", "netns", "exec", host, "sh", "-ec", script]);
    assertEquals(code, 0, `${script}: ${stderr}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of [this.server, this.client]) await run(["ip", "netns", "del", host]);
  }
}

/** Runs `ip`, which has to succeed. */
export async function ip(args: string): Promise<string> {
  const { code, stdout, stderr } = await run(["ip", ...args.split(" ")]);
  assertEquals(code, 0, `ip ${args}: ${stderr}`);
  return stdout;
}

/** The address that answered. */
export function answerer({ code, stdout, stderr }: Outcome): string {
  assertEquals([code, stderr], [0, ""]);
  return JSON.parse(stdout).address;
}
