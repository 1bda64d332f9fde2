/** Which part of the table is wanted. What is left out selects everything. */
export interface AccessSelection {
  /** Ids of agents. */
  readonly agents?: readonly string[];
  /**
   * For which groups an agent acts: `single` (default) is nobody's group, each group alone and all groups together;
   * `all-combinations` every combination, as far as `combinationLimit` reaches; else exactly these.
   */
  readonly groups?: GroupChoice;
  /** Patterns of `<server>.<name>`; `*` stands for any text. */
  readonly targets?: readonly string[];
  /** Ids of servers. */
  readonly servers?: readonly string[];
  /** Default: tools alone. */
  readonly kinds?: readonly ("tool" | "prompt" | "resource")[];
  /** Unix milliseconds: the moment that is asked about, and the first that is tried. */
  readonly at: number;
  /** Called now and then, so that a person sees that it goes on. */
  readonly progress?: (done: number, all: number) => void;
}

export type GroupChoice = "single" | "all-combinations" | readonly (readonly string[])[];
