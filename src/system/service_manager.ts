/**
 * What the service manager that started this program is told, as sd_notify(3) has it: systemd, and
 * whoever else sets NOTIFY_SOCKET.
 */
import {
  AF_UNIX,
  type Libc,
  openLibc,
  SO_SNDTIMEO,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
  timeval,
} from "./libc.ts";
import { toUnixAddress } from "./socket_address.ts";
import { environmentVariable } from "./environment.ts";

/** The service manager, from the program's side. */
export interface ServiceManager extends Disposable {
  /**
   * Says that the program does from now on what it is for, and if the manager watches it, again and
   * again that it is alive.
   *
   * @param status A line for `systemctl status`
   * @param isAlive Whether the program still does what it is for
   */
  ready(status: string, isAlive: () => boolean): void;
  /** Says that the program is about to end. */
  stopping(): void;
}

/**
 * Opens the way to the service manager.
 *
 * @param warn Hears, in a line, that one waits for news which it cannot be sent
 * @returns Nothing where there is none, or it cannot be told
 */
export function openServiceManager(warn: (message: string) => void): ServiceManager | undefined {
  const socket = environmentVariable("NOTIFY_SOCKET");
  if (socket === undefined) return undefined;
  const give = (reason: string): void => warn(`Cannot notify ${socket} (NOTIFY_SOCKET): ${reason}`);
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") {
    give("no permission --allow-ffi");
    return undefined;
  }
  let notifier: Notifier;
  try {
    notifier = new Notifier(socket);
  } catch (error) {
    give(error instanceof Error ? error.message : String(error));
    return undefined;
  }
  let hasFailed = false;
  return managerOf({
    send(state): void {
      try {
        notifier.send(state);
      } catch (error) {
        if (!hasFailed) give(error instanceof Error ? error.message : String(error));
        hasFailed = true;
      }
    },
    watchdogMs: watchdogMs(environmentVariable, Deno.pid),
    [Symbol.dispose]: () => notifier[Symbol.dispose](),
  });
}

/** What {@linkcode managerOf} is made of. */
export interface ManagerOptions extends Disposable {
  /** Sends assignments, one a line. */
  readonly send: (state: string) => void;
  /** How long the manager waits for a sign of life; undefined if it does not. */
  readonly watchdogMs: number | undefined;
}

/** The service manager behind a socket. */
export function managerOf(options: ManagerOptions): ServiceManager {
  const { send, watchdogMs } = options;
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    ready(status, isAlive): void {
      send(`READY=1\nSTATUS=${status}`);
      if (watchdogMs === undefined) return;
      // Twice as often as sd_watchdog_enabled(3) has it: a thread that is just being replaced may
      // cost one sign of life, which is not to end the others.
      timer = setInterval(() => {
        if (isAlive()) send("WATCHDOG=1");
      }, watchdogMs / 4);
      Deno.unrefTimer(timer as unknown as number);
    },
    stopping(): void {
      send("STOPPING=1");
    },
    [Symbol.dispose](): void {
      clearInterval(timer);
      options[Symbol.dispose]();
    },
  };
}

/**
 * How long the manager waits for a sign of life of this process, as sd_watchdog_enabled(3) reads it.
 *
 * @param variable Looks a variable of the environment up
 * @param pid This process
 * @returns Undefined if it does not wait, or for another process
 */
export function watchdogMs(
  variable: (name: string) => string | undefined,
  pid: number,
): number | undefined {
  const microseconds = Number(variable("WATCHDOG_USEC"));
  const watched = variable("WATCHDOG_PID");
  const isWatched = watched === undefined || Number(watched) === pid;
  return isWatched && microseconds > 0 ? microseconds / 1000 : undefined;
}

/** How long a manager that does not read may hold up this thread. */
const SEND_TIMEOUT_MS = 1000;

/** Datagrams to a Unix socket. */
class Notifier implements Disposable {
  readonly #libc: Libc = openLibc();
  readonly #address: Uint8Array<ArrayBuffer>;
  readonly #descriptor: number;

  constructor(socket: string) {
    const address = toUnixAddress(socket);
    if (address === undefined) throw new SyntaxError("expected a path or @name of 107 octets");
    this.#address = address;
    const { call, check } = this.#libc;
    this.#descriptor = check("open a socket", call.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const timeout = timeval(SEND_TIMEOUT_MS);
    call.setsockopt(this.#descriptor, SOL_SOCKET, SO_SNDTIMEO, timeout, timeout.length);
  }

  send(state: string): void {
    const { call, check } = this.#libc;
    const octets = new TextEncoder().encode(state);
    const [length, address] = [BigInt(octets.length), this.#address];
    const sent = call.sendto(this.#descriptor, octets, length, 0, address, address.length);
    check("send", Number(sent));
  }

  [Symbol.dispose](): void {
    this.#libc.call.close(this.#descriptor);
    this.#libc[Symbol.dispose]();
  }
}
