import { z } from "zod";

/** Fields that several tables have. */

export const idSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,29}$/)
  .describe("an id: a lower case letter, then at most 29 lower case letters, digits and hyphens");

/** `toolgate` is the gateway's own server. */
export const serverIdSchema = idSchema.refine((id) => id !== "toolgate", "another id: toolgate is the gateway's own server");

export const text = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}]*$/u)
  .describe("a text of 1 to 256 characters");

export const groupNameSchema = z
  .string()
  .min(1)
  .max(256)
  .regex(/^(?!__proto__$)[^\p{Cc}]*$/u)
  .describe("a group name of 1 to 256 characters, as the issuer names it");

export const instant = z.iso
  .datetime({ offset: true })
  .describe("a time of the calendar with its offset, such as 2027-01-31T00:00:00Z or 2027-01-31T18:00:00+01:00");

const MAX_TIMEOUT_MS = 600_000;
export const timeoutMs = z.int().min(1).max(MAX_TIMEOUT_MS).describe("milliseconds, 1 to 600000");

/** Each word once; `what` is told of a repeat. */
export function distinct<Item extends z.ZodType>(item: Item, what: string) {
  return z.array(item).refine((items) => new Set(items).size === items.length, what);
}
