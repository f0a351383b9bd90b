/** The thread of the key exchange: handshakes take a millisecond each, and must not delay replies of NTP. */
import { KeyRingReader } from "../../crypto/key_ring.ts";
import { formatAddress } from "../../protocols/endpoint.ts";
import { systemTimers } from "../../system/time.ts";
import { listenProblem } from "../../transports/listen_error.ts";
import type { TlsServer } from "../../transports/tls/tls_server.ts";
import { openSettings } from "../guard/guard.ts";
import { Admission } from "./admission.ts";
import { KeyExchange, KeyExchangeFaults } from "./key_exchange.ts";
import {
  type Credentials,
  type KeyExchangeFaultPlans,
  type KeyExchangeMessage,
  type KeyExchangeSetup,
  openTls,
  OutcomeCounters,
} from "./setup.ts";

/** What a worker has of its thread. */
export interface KeyExchangeThread {
  onmessage: ((event: MessageEvent<Credentials | KeyExchangeFaultPlans>) => void) | null;
  postMessage(message: KeyExchangeMessage): void;
}

function openExpired({ expired, key }: Credentials): TlsServer | undefined {
  return expired === undefined ? undefined : openTls({ certificate: expired, key });
}

/** Serves until the thread is terminated. */
export function exchangeKeysForever(setup: KeyExchangeSetup, thread: KeyExchangeThread): void {
  const timers = systemTimers;
  const counters = new OutcomeCounters(setup.counters);
  // Those of a thread that died are closed.
  counters.connections = 0;
  const faults = new KeyExchangeFaults();
  faults.set(setup.faults.plans);
  const exchange = new KeyExchange(openTls(setup.credentials), {
    ring: new KeyRingReader(setup.ring),
    admission: new Admission(openSettings(setup.guard), () => timers.monotonicMs()),
    counters,
    timers,
    faults,
  });
  exchange.expired = openExpired(setup.credentials);
  thread.onmessage = ({ data }) => {
    if ("plans" in data) faults.set(data.plans);
    else exchange.replace(openTls(data));
  };
  const ports: number[] = [];
  for (const listener of setup.listeners) {
    try {
      const { hostname, port, ntpPort } = listener;
      ports.push(exchange.listen(hostname, port, ntpPort));
    } catch (error) {
      const message = `Cannot exchange NTS keys on tcp ${formatAddress(listener)}: ` +
        listenProblem(error);
      thread.postMessage({ event: "failed", message });
      return;
    }
  }
  thread.postMessage({ event: "ready", ports });
}
