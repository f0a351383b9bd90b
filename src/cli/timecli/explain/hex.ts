/** Two datagrams in hexadecimal. */
import { UsageError } from "../../shared/usage_error.ts";

/** Parses `REQUEST/REPLY`, each empty or digits, with blanks, colons and 0x as programs print them. */
export function parseHex(text: string): { request: Uint8Array; reply: Uint8Array } {
  const parts = text.split("/");
  const [request, reply] = parts;
  if (request === undefined || reply === undefined || parts.length > 2) {
    throw new UsageError("--hex needs a request and a reply with / between them, such as 23…/24…");
  }
  return { request: octetsOf(request, "request"), reply: octetsOf(reply, "reply") };
}

function octetsOf(text: string, name: string): Uint8Array {
  const digits = text.replaceAll(/0x|[\s:,-]/gi, "");
  const wrong = /[^\da-f]/iu.exec(digits)?.[0];
  if (wrong !== undefined) {
    throw new UsageError(`The ${name} in --hex has ${JSON.stringify(wrong)}, which is not a digit`);
  }
  if (digits.length % 2 !== 0) {
    throw new UsageError(`The ${name} in --hex has ${digits.length} digits, and an octet has two`);
  }
  return Uint8Array.fromHex(digits);
}
