/** The routes of access rules and the rate limit, which are those of all listeners. */
import type { Body, Call } from "../call.ts";
import { HttpError } from "../../../http/http_error.ts";

export function accessOf(call: Call): Body<"access"> {
  requireAll(call);
  return { access: call.subject.guard.state };
}

export async function changeAccess(call: Call): Promise<Body<"changeAccess">> {
  requireAll(call);
  const json = await call.json();
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new HttpError(400, `Expected an object such as {"deny": ["192.0.2.0/24"]}`);
  }
  call.subject.guard.change(json);
  return { access: call.subject.guard.state };
}

export function checkAccess(call: Call): Body<"checkAccess"> {
  requireAll(call);
  const address = call.parameters.get("address");
  if (address === null) {
    throw new HttpError(400, "Expected an address, as /access/check?address=192.0.2.7");
  }
  return { check: call.subject.guard.check(address) };
}

function requireAll({ listener }: Call): void {
  if (listener === undefined) return;
  throw new HttpError(400, "Access rules and the rate limit are those of all listeners: name none");
}
