/** What a client of one era cannot have of a server of the other, by scenario, each with its reason. */
export type CannotCross = Readonly<
  Record<"cross-2025-client-2026-server" | "cross-2026-client-2025-server", Readonly<Record<string, string>>>
>;

/** An entry that passes is a failure too: what stands here is true. */
export const cannotCross: CannotCross = {
  "cross-2025-client-2026-server": {},
  "cross-2026-client-2025-server": {
    "input-required-result-basic-elicitation":
      "the scenario waits for a key of the server's own choice, and a server with sessions gives its questions none: the gateway does",
    "input-required-result-ignore-extra-params":
      "answers that come with the first request answer nothing that a server with sessions asked, and it asks in the middle of the call",
  },
};
