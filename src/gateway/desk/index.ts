export type { Desk, DeskRefusal, DeskStatus, Operator, WantedQuarantine } from "./desk.ts";
