import { z } from "zod";
import { operatorRoles } from "../../core/operations.ts";
import { distinct, groupNameSchema, idSchema, instant, text } from "./fields.ts";
import { matchSchema } from "./match-schema.ts";

const userId = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[^\p{Cc}]*$/u)
  .describe("the id of a user, as the issuer's tokens name it");

interface OperatorWords {
  readonly modes: readonly string[];
  readonly users?: readonly string[] | undefined;
  readonly groups?: readonly string[] | undefined;
}

const isOfPeople = ({ modes }: OperatorWords): boolean => modes.includes("user_via_agent");
const namesPeople = ({ users, groups }: OperatorWords): boolean => users !== undefined || groups !== undefined;

const operatorSchema = z
  .strictObject({
    name: text.exactOptional(),
    roles: distinct(z.enum(operatorRoles), "each role once")
      .min(1)
      .describe(`a list of at least one of ${operatorRoles.join(", ")}`),
    match: z.array(matchSchema).min(1).describe("the clients or workloads whose tokens count"),
    users: z.array(userId).min(1).exactOptional().describe("a list of at least one user"),
    groups: z.array(groupNameSchema).min(1).exactOptional().describe("a list of at least one group"),
    modes: distinct(z.enum(["user_via_agent", "agent", "workload"]), "each mode once")
      .min(1)
      .default(["user_via_agent"])
      .describe("who it is: user_via_agent for people, or any of agent, workload for machines"),
    until: instant.exactOptional(),
  })
  .refine((entry) => !isOfPeople(entry) || entry.modes.length === 1, {
    error: "people and machines in entries of their own",
    path: ["modes"],
  })
  .refine(
    (entry) => !isOfPeople(entry) || namesPeople(entry),
    "users or groups: otherwise everybody who has a token of that client would do",
  )
  .refine((entry) => isOfPeople(entry) || !namesPeople(entry), "neither users nor groups where nobody but a machine acts");

/** Who may operate the gateway. Never an agent's doing: each entry says through which client. */
export const operatorsSchema = z.record(idSchema, operatorSchema);

export type OperatorsData = z.output<typeof operatorsSchema>;
