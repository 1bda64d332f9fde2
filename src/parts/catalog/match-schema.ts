import { z } from "zod";

const subject = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[^\p{Cc}]*$/u);

/** Whose tokens an entry means: by their issuer, and by what they call the acting client or workload. */
export const matchSchema = z
  .strictObject({
    issuer: z.string().min(1).max(512).describe("the issuer as its tokens name it"),
    client_id: subject.optional(),
    subject: subject.optional(),
    subject_pattern: subject
      .refine((pattern) => /[^*]/.test(pattern), "a pattern with more than stars: a bare star would make every caller this agent")
      .optional(),
  })
  .refine(
    (match) => [match.client_id, match.subject, match.subject_pattern].filter((way) => way !== undefined).length === 1,
    "exactly one of client_id, subject, subject_pattern",
  );

export type Match = z.output<typeof matchSchema>;
