export type { RolloutRefusal, RolloutStatus, Rollouts, WantedRollout } from "./rollouts.ts";
