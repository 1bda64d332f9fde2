import { oneOf } from "../../../core/mistakes.ts";

/** What one member of an element may hold. */
export interface MemberRule {
  readonly fits: (value: unknown) => boolean;
  readonly wanted: string;
  readonly needed?: boolean;
  /** At least one of the members that say so. */
  readonly orElse?: boolean;
  readonly words?: readonly string[];
}

export type Members = Readonly<Record<string, MemberRule>>;

const isAmount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isName = (value: unknown): boolean => typeof value === "string" && value !== "" && value.length <= 200;

const name: MemberRule = { fits: isName, wanted: "a text of 1 to 200 characters" };
const amount: MemberRule = { fits: isAmount, wanted: "a whole number, not below 0" };
const positive: MemberRule = { fits: (value) => isAmount(value) && value !== 0, wanted: "a whole number above 0" };
const anything: MemberRule = { fits: () => true, wanted: "a value" };
const modes = ["remove", "mask", "hash"] as const;

/** RFC 6901, from the root of the input or the result; the root itself is meant by nobody. */
export const pointerText: MemberRule = {
  fits: (value) => typeof value === "string" && /^(?:\/(?:[^~/]|~[01])*)+$/.test(value),
  wanted: 'a JSON pointer that begins with "/", e.g. "/customer/iban"',
};

/**
 * The obligations there are and their members. A reader of the policy part judges them once more when they are asked
 * for; test/authoring/checks/reach holds this table against it.
 */
export const obligationMembers = {
  budget: { name: { ...name, needed: true }, cost: amount },
  timeout: { ms: { ...positive, needed: true } },
  limit_result: { bytes: { ...amount, orElse: true }, items: { ...amount, orElse: true } },
  log: { level: { ...name, needed: true } },
  redact: {
    path: { ...pointerText, orElse: true },
    mode: { fits: (value: unknown) => modes.some((one) => one === value), wanted: oneOf(modes), words: modes },
    optional: { fits: (value: unknown) => typeof value === "boolean", wanted: "true or false" },
    detector: { ...name, orElse: true },
  },
  approve: { group: { ...name, needed: true }, ttl_s: positive, min: positive },
  step_up: { acr: { ...name, orElse: true }, scope: { ...name, orElse: true } },
  set_args: { path: { ...pointerText, needed: true }, value: { ...anything, needed: true } },
  notify: { channel: { ...name, needed: true } },
  label: {
    add: {
      fits: (value: unknown) => isName(value) || (Array.isArray(value) && value.every(isName)),
      wanted: "a text, or a list of texts",
      needed: true,
    },
  },
} as const satisfies Record<string, Members>;
