/** What was thrown, in words. Anything can be thrown, so it is asked before it is believed to be an error. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Whether the system refused with one of these codes, like `ENOENT`. */
export function hasCode(thrown: unknown, ...codes: readonly string[]): boolean {
  return thrown instanceof Error && "code" in thrown && codes.some((code) => code === thrown.code);
}

/** Whether there is no such file or folder: the one refusal of a disk that means "nothing there", not "cannot be known". */
export function isMissing(thrown: unknown): boolean {
  return hasCode(thrown, "ENOENT");
}
