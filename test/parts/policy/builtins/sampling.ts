import fc from "fast-check";

/** The same cases in every run. */
export const sample = <T>(arbitrary: fc.Arbitrary<T>, count: number, seed: number): T[] => fc.sample(arbitrary, { numRuns: count, seed });

/** A text as Rego writes it. */
export const text = (value: unknown): string => JSON.stringify(value);

/** Up to `longest` of these, one after the other. */
export const joined = (pieces: readonly string[], longest: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...pieces), { maxLength: longest }).map((parts) => parts.join(""));
