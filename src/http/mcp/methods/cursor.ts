import { hash } from "node:crypto";

/** What a cursor is bound to. A cursor gives no rights: it only says where in the caller's own list to go on. */
export interface CursorScope {
  readonly revision: string;
  readonly callerKey: string;
  readonly door: string;
  /** Which list. */
  readonly kind: string;
}

const MARK_LENGTH = 22;

/** An opaque cursor that works for this caller, at this door, as long as the list stays the same. */
export function cursorAt(offset: number, scope: CursorScope): string {
  return `${offset.toString(36)}.${markOf(scope)}`;
}

/** The offset of a cursor; `undefined` for one of another list, caller or door, or one that we never gave. */
export function offsetOf(cursor: string, scope: CursorScope): number | undefined {
  const dot = cursor.length - MARK_LENGTH - 1;
  if (dot < 1 || cursor.slice(dot) !== `.${markOf(scope)}`) return undefined;
  const offset = Number.parseInt(cursor.slice(0, dot), 36);
  return Number.isSafeInteger(offset) && offset > 0 && offset.toString(36) === cursor.slice(0, dot) ? offset : undefined;
}

function markOf(scope: CursorScope): string {
  return hash("sha256", JSON.stringify([scope.revision, scope.callerKey, scope.door, scope.kind]), "base64url").slice(0, MARK_LENGTH);
}
