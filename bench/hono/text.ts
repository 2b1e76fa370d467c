// What counts as a value: empty texts and macros that nobody replaced do not.

const NOTHING = new Set(["", "null", "undefined", "n/a", "replace", "optional"]);
const MACRO = /^(?:\{.*\}|\[.*\]|#.*#|%.*%|\$\{.*\}|__.*__|_[A-Z0-9_]*_)$/;

/** The trimmed value, or undefined where there is none. */
export function present(value: unknown): string | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const text = String(value).trim();
  return NOTHING.has(text.toLowerCase()) || MACRO.test(text) ? undefined : text;
}

/** Decodes what is percent-encoded; what is not valid stays as it is. */
export function decode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
