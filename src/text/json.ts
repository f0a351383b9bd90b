/**
 * Parses JSON that a person wrote.
 *
 * @throws {SyntaxError} If it is not JSON, or has a number that would become infinite
 */
export function parseJson(text: string): unknown {
  return JSON.parse(text, (key, value, context?: { readonly source?: string }) => {
    if (value !== Infinity && value !== -Infinity) return value;
    const where = key === "" ? "" : `${JSON.stringify(key)} is `;
    throw new SyntaxError(`${where}${context?.source}, which is beyond the range of numbers`);
  });
}
