// Who a lead is, as TikTok takes it: normalised, then hashed with SHA-256.

const encoder = new TextEncoder();
const HASHED = /^[0-9a-f]{64}$/i;
const CALLING_CODES: Record<string, string> = {
  us: "1", ca: "1", gb: "44", de: "49", fr: "33", es: "34", it: "39", nl: "31", au: "61", br: "55",
  mx: "52", in: "91", id: "62", jp: "81", ph: "63", pl: "48", se: "46", sg: "65", th: "66", vn: "84",
};

export type Normalise = (value: string) => string | undefined;

/** The hash of a normalised value; what is hashed already passes through. */
export async function hash(
  value: string | undefined,
  normalise: Normalise,
): Promise<string | undefined> {
  if (value === undefined) return undefined;
  if (HASHED.test(value)) return value.toLowerCase();
  const normal = normalise(value);
  return normal ? sha256(normal) : undefined;
}

export async function sha256(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
  return digest.toHex();
}

export function email(value: string): string | undefined {
  const address = value.trim().toLowerCase();
  return address.includes("@") ? address : undefined;
}

export function name(value: string): string {
  return value.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]/gu, "");
}

export function zip(value: string, country: string | undefined): string {
  const code = value.toLowerCase().replace(/[\s-]/g, "");
  return country === "us" ? code.slice(0, 5) : code;
}

export function place(value: string | undefined): string | undefined {
  return value?.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]/gu, "") || undefined;
}

/** E.164 with its plus. */
export function phone(value: string, country: string | undefined): string | undefined {
  const digits = value.replace(/\D/g, "");
  if (digits === "") return undefined;
  if (value.trim().startsWith("+")) return `+${digits}`;
  if (digits.startsWith("00")) return `+${digits.slice(2)}`;
  const code = country === undefined ? undefined : CALLING_CODES[country];
  if (code === undefined) return undefined;
  // A national number, or one that only lacks its plus.
  if (code === "1" && digits.length === 11 && digits.startsWith("1")) return `+${digits}`;
  return `+${code}${digits.replace(/^0/, "")}`;
}

/** Constant-time: compares hashes of one length, whatever the lengths of the texts. */
export async function isSame(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all(
    [a, b].map((text) => crypto.subtle.digest("SHA-256", encoder.encode(text))),
  );
  return crypto.subtle.timingSafeEqual(left!, right!);
}
