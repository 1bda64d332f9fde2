import { type BundleChange, type Company, type Gate, house, signedBundle } from "./gate.ts";

/** Twenty agents who may use everything. */
export const agents = Array.from({ length: 20 }, (_, at) => `bot-${String(at).padStart(2, "0")}`);

export const wide: Company = { ...house, agents: Object.fromEntries(agents.map((id) => [id, {}])) };

/** The same people, but nobody may use anything except `desk.echo`. */
export const narrow: Company = {
  ...wide,
  roles: { all: { grants: ["desk/echo"] } },
};

/** The narrow company's bundle, signed with the gate's key. */
export function narrowBundle(gate: Pick<Gate, "key">, change: BundleChange = {}): Promise<Uint8Array> {
  return signedBundle(narrow, { sequence: 2, ...change }, gate.key);
}
