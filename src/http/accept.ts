/** Whether a header Accept (RFC 9110 §12.5.1) names a type, and with no less weight than another one. */
export function isPreferred(accept: string, type: string, other: string): boolean {
  const weights = readWeights(accept);
  const wanted = weights.get(type) ?? 0;
  return wanted > 0 && wanted >= (weights.get(other) ?? 0);
}

/** Whether a header Accept-Encoding (RFC 9110 §12.5.3) accepts a coding. */
export function isAccepted(acceptEncoding: string, coding: string): boolean {
  const weights = readWeights(acceptEncoding);
  return (weights.get(coding) ?? weights.get("*") ?? 0) > 0;
}

/** The weights of a list, 1 by default. */
function readWeights(list: string): Map<string, number> {
  return new Map(
    list.split(",").map((range) => {
      const [name = "", ...parameters] = range.trim().toLowerCase().split(/\s*;\s*/);
      const weight = parameters.find((parameter) => parameter.startsWith("q="));
      return [name, weight === undefined ? 1 : Number(weight.slice(2)) || 0];
    }),
  );
}
