/** Notifications to the service manager that started this program, such as systemd: sd_notify(3). */
import { environmentVariable, isGranted } from "./permission.ts";
import {
  AF_UNIX,
  openLibc,
  SO_SNDTIMEO,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
  timeval,
} from "./libc.ts";
import { toUnixAddress } from "./socket_address.ts";
import { systemTimers, type Timers } from "./time.ts";

export interface ServiceManager extends Disposable {
  /**
   * Reports that the program is ready, and from then on that it is alive, if the manager watches it.
   *
   * @param status Returns the line of `systemctl status`, which is sent again when it has changed
   */
  ready(status: () => string, isAlive: () => boolean): void;
  stopping(): void;
}

/** Connects to the service manager; undefined if there is none, or if it cannot be notified, which warns. */
export function openServiceManager(warn: (message: string) => void): ServiceManager | undefined {
  const socket = environmentVariable("NOTIFY_SOCKET");
  if (socket === undefined || socket === "") return undefined;
  const warnOf = (error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    warn(`Cannot notify ${socket} (NOTIFY_SOCKET): ${reason}`);
  };
  try {
    if (!isGranted({ name: "ffi" })) throw new Error("no permission --allow-ffi");
    const notifier = openNotifier(socket);
    let hasFailed = false;
    return createServiceManager({
      send(state): void {
        try {
          notifier.send(state);
        } catch (error) {
          if (!hasFailed) warnOf(error);
          hasFailed = true;
        }
      },
      watchdogMs: readWatchdogMs(environmentVariable, Deno.pid),
      [Symbol.dispose]: () => notifier[Symbol.dispose](),
    });
  } catch (error) {
    warnOf(error);
    return undefined;
  }
}

export interface ServiceManagerOptions extends Disposable {
  /** Sends assignments, one per line. */
  readonly send: (state: string) => void;
  /** The watchdog timeout; undefined if the manager does not watch this process. */
  readonly watchdogMs: number | undefined;
  readonly timers?: Timers;
}

/** The time after which a changed status is sent. */
const STATUS_MS = 10_000;

export function createServiceManager(options: ServiceManagerOptions): ServiceManager {
  const { send, watchdogMs, timers = systemTimers } = options;
  const intervals = new DisposableStack();
  return {
    ready(status, isAlive): void {
      let sent = status();
      send(`READY=1\nSTATUS=${sent}`);
      intervals.use(timers.every(STATUS_MS, () => {
        const now = status();
        if (now !== sent) send(`STATUS=${now}`);
        sent = now;
      }));
      if (watchdogMs === undefined) return;
      // Twice as often as sd_watchdog_enabled(3) recommends: a thread that is being replaced may miss
      // one, which must not end the others.
      intervals.use(timers.every(watchdogMs / 4, () => {
        if (isAlive()) send("WATCHDOG=1");
      }));
    },
    stopping(): void {
      send("STOPPING=1");
    },
    [Symbol.dispose](): void {
      intervals.dispose();
      options[Symbol.dispose]();
    },
  };
}

/** Reads the watchdog timeout like sd_watchdog_enabled(3); undefined if this process is not watched. */
export function readWatchdogMs(
  variable: (name: string) => string | undefined,
  pid: number,
): number | undefined {
  const microseconds = Number(variable("WATCHDOG_USEC"));
  const watched = variable("WATCHDOG_PID");
  const isWatched = watched === undefined || Number(watched) === pid;
  return isWatched && microseconds > 0 ? microseconds / 1000 : undefined;
}

/** The time that a manager which does not read can block this thread. */
const SEND_TIMEOUT_MS = 1000;

function openNotifier(socket: string): Disposable & { send(state: string): void } {
  const address = toUnixAddress(socket);
  if (address === undefined) {
    throw new SyntaxError("expected a path or @name of at most 107 octets");
  }
  const libc = openLibc();
  const { call, check } = libc;
  const descriptor = check("open a socket", call.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const timeout = timeval(SEND_TIMEOUT_MS);
  call.setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, timeout, timeout.length);
  return {
    send(state): void {
      const octets = new TextEncoder().encode(state);
      const length = BigInt(octets.length);
      const sent = call.sendto(descriptor, octets, length, 0, address, address.length);
      check("send", Number(sent));
    },
    [Symbol.dispose](): void {
      call.close(descriptor);
      libc[Symbol.dispose]();
    },
  };
}
