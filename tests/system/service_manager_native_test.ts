import { assertEquals, assertMatch } from "@std/assert";
import { openServiceManager } from "../../src/system/service_manager.ts";
import { where } from "../support/needs.ts";
import { within } from "../support/wait.ts";

const needs = {
  linux: true,
  permissions: [{ name: "ffi" }, { name: "env" }, { name: "read" }, { name: "write" }],
} as const;

/** Calls a function with variables of the environment set, or not set. */
function withEnv<T>(variables: Readonly<Record<string, string | undefined>>, run: () => T): T {
  const before = Object.keys(variables).map((name) => [name, Deno.env.get(name)] as const);
  const set = (entries: Iterable<readonly [string, string | undefined]>): void => {
    for (const [name, value] of entries) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  };
  set(Object.entries(variables));
  try {
    return run();
  } finally {
    set(before);
  }
}

Deno.test(
  await where(needs, "openServiceManager notifies the socket of NOTIFY_SOCKET", async () => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/notify`;
    const socket = Deno.listenDatagram({ transport: "unixpacket", path });
    try {
      const warnings: string[] = [];
      const variables = { NOTIFY_SOCKET: path, WATCHDOG_USEC: "40000", WATCHDOG_PID: undefined };
      using manager = withEnv(variables, () => openServiceManager((each) => warnings.push(each)));
      const received = async (): Promise<string> => {
        const [octets] = await within(20, socket.receive());
        return new TextDecoder().decode(octets);
      };
      manager?.ready(() => "Serving é", () => true);
      assertEquals(await received(), "READY=1\nSTATUS=Serving é");
      assertEquals(await received(), "WATCHDOG=1");
      manager?.stopping();
      let last = "WATCHDOG=1";
      while (last === "WATCHDOG=1") last = await received();
      assertEquals(last, "STOPPING=1");
      assertEquals(warnings, []);
    } finally {
      socket.close();
      await Deno.remove(folder, { recursive: true });
    }
  }),
);

Deno.test(
  await where(needs, "openServiceManager warns once of a socket that it cannot notify", () => {
    const warnings: string[] = [];
    const open = (socket: string | undefined): ReturnType<typeof openServiceManager> =>
      withEnv({ NOTIFY_SOCKET: socket }, () => openServiceManager((each) => warnings.push(each)));
    assertEquals([open(undefined), open("")], [undefined, undefined]);
    assertEquals(warnings, []);

    assertEquals(open("relative"), undefined);
    assertEquals(warnings.splice(0), [
      "Cannot notify relative (NOTIFY_SOCKET): expected a path or @name of at most 107 octets",
    ]);

    using manager = open("/nowhere/notify");
    for (let i = 0; i < 3; i++) manager?.stopping();
    assertEquals(warnings.length, 1);
    assertMatch(
      warnings[0] ?? "",
      /^Cannot notify \/nowhere\/notify \(NOTIFY_SOCKET\): Cannot send: No such file .* \(errno 2\)$/,
    );
  }),
);
