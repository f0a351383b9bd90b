/**
 * A text as one line that no terminal takes for commands: line breaks become
 * spaces, other control and invisible characters are shown as `\x1b` or `\u{202e}`.
 */
export function onOneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, " ").replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    escape,
  );
}

function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16).padStart(2, "0");
  return code < 0x100 ? `\\x${digits}` : `\\u{${digits}}`;
}
