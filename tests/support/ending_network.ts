/** This machine's network, on which a test ends the time of a query. */
import { type Network, systemNetwork } from "../../src/client/network.ts";
import { systemTimers } from "../../src/system/time.ts";
import type { DatagramConnection } from "../../src/transports/connect_datagram.ts";

/**
 * Makes the network for one query.
 *
 * @param beforeReceive Called whenever the query waits for a datagram, with the number of times before;
 * its second argument ends the query's time
 */
export function endingNetwork(
  beforeReceive: (received: number, end: () => void) => void,
): Network {
  const over = new AbortController();
  let received = 0;
  return {
    ...systemNetwork,
    timers: {
      ...systemTimers,
      timeout: (ms) => AbortSignal.any([systemTimers.timeout(ms), over.signal]),
    },
    async connect(options): Promise<DatagramConnection> {
      const connection = await systemNetwork.connect(options);
      const receive = connection.receive.bind(connection);
      connection.receive = () => {
        beforeReceive(received++, () => over.abort());
        return receive();
      };
      return connection;
    },
  };
}

/** The network on which a query's time is over once a reply has come that it ignores. */
export function impatientNetwork(): Network {
  return endingNetwork((received, end) => received > 0 && end());
}
