/** Quiet colour, as a terminal has it. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

/** Lays rows out in columns; the commands have theirs. */
export type Table = (rows: readonly (readonly string[])[]) => string;
