import { randomBytes } from "node:crypto";

const DIGITS = "abcdefghijklmnopqrstuvwxyz234567";
const LENGTH = 8;

/** `r` and eight random digits of base 32: a process that starts anew is another replica. */
export function newReplicaId(): string {
  return `r${Array.from(randomBytes(LENGTH), (byte) => DIGITS[byte & 31]).join("")}`;
}
