import { batches } from "../conformance/transports.ts";
import { where } from "../support/needs.ts";
import { fuzzServer, protocols } from "./server_target.ts";

Deno.test(
  await where(
    batches,
    "a server on mmsg goes on answering and counting, whatever it is sent",
    async () => {
      const seed = 868;
      for (const protocol of protocols) await fuzzServer(protocol, "mmsg", seed);
    },
  ),
);
