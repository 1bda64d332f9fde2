/** What a person is told for one reason code. `{name}` is filled from the facts of the refusal. */
export interface ReasonText {
  /** Who can do something about it. What is for operators is never shown to a caller in detail. */
  readonly audience: "agent" | "operator";
  readonly sentence: string;
  readonly remedy: string;
}
