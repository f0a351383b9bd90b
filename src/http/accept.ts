/** Whether a header Accept (RFC 9110 §12.5.1) names a type, and with no less weight than another one. */
export function isPreferred(accept: string, type: string, other: string): boolean {
  const weights = new Map(
    accept.split(",").map((range) => {
      const [name = "", ...parameters] = range.trim().toLowerCase().split(/\s*;\s*/);
      const weight = parameters.find((parameter) => parameter.startsWith("q="));
      return [name, weight === undefined ? 1 : Number(weight.slice(2)) || 0];
    }),
  );
  const wanted = weights.get(type) ?? 0;
  return wanted > 0 && wanted >= (weights.get(other) ?? 0);
}
