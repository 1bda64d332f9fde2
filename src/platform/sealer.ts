/** Why a sealed text cannot be opened. */
export type SealFault = "forged" | "expired";

/**
 * Hands values out to clients that must bring them back unread and unchanged (AES-256-GCM). The purpose is part of the
 * seal: what was sealed as a task id opens as nothing else. Every replica of a gateway has the same keys.
 */
export interface Sealer {
  /** Text of letters, digits, `-`, `_` and `.`; `expiresAt` is Unix milliseconds. */
  seal(purpose: string, value: object, expiresAt: number): string;
  /** The value, if this gateway sealed it for this purpose and it has not expired. */
  open(purpose: string, text: string, now: number): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: SealFault };
}
