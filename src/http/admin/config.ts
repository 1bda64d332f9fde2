import { z } from "zod";
import { hostname, listenSchema } from "../listen.ts";

const DEFAULT_PORT = 8081;

/** The section `admin`: a listener of its own, so that whoever reaches the agents' door does not reach this one. */
export const adminConfig = z.strictObject({
  listen: listenSchema(DEFAULT_PORT).prefault({}).describe("the listener of the admin API"),
  allowed_hosts: z
    .array(hostname)
    .optional()
    .describe("further names that a Host header may carry; the name of public_url, and loopback names on a loopback listener, always may"),
});

export type AdminConfig = z.output<typeof adminConfig>;
