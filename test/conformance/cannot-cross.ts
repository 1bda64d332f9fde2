/** What a client of one era cannot have of a server of the other, by scenario, each with its reason. */
export type CannotCross = Readonly<
  Record<"cross-2025-client-2026-server" | "cross-2026-client-2025-server", Readonly<Record<string, string>>>
>;

/** An entry that passes is a failure too: what stands here is true. */
export const cannotCross: CannotCross = {
  "cross-2025-client-2026-server": {},
  "cross-2026-client-2025-server": {},
};
