/**
 * Calls back once when the process that started this one is gone. It has to have opened a channel for that (`"ipc"` in
 * its `stdio`); then even a parent that was killed is noticed. The channel alone keeps nothing running.
 */
export function whenParentEnds(then: () => void): void {
  if (process.connected === undefined) return;
  if (process.connected) {
    process.once("disconnect", then);
    process.channel?.unref();
  } else then();
}
