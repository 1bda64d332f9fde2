import type { FastifyRequest } from "fastify";
import type { Digest } from "../../core/digest.ts";
import type { OperationsState } from "../../core/operations.ts";
import { ok, type Result } from "../../core/result.ts";
import type { Desk, DeskRefusal, Operator } from "../../gateway/index.ts";
import { type AdminApi, type AdminRoute, type AdminRouteName, adminApi } from "./api.ts";
import { type Inputs, readInputs } from "./inputs.ts";
import type { Fault } from "./problem.ts";

/** What a route answers where it is not refused. */
export interface Answered {
  /** An object becomes JSON; bytes are a bundle. */
  readonly answer: object | Uint8Array;
  /** Version of the state, for the `ETag`. */
  readonly version?: number;
}

/** Reads the request, and acts if it makes sense. */
export type Handler = (
  request: FastifyRequest,
  operator: Operator,
) => Result<{ readonly conditional: boolean; readonly answered: Promise<Result<Answered, DeskRefusal>> }, Fault>;

/** The routes behind a token. */
export type Guarded = Exclude<AdminRouteName, "openapi">;

export function handlersOf(desk: Desk): Readonly<Record<Guarded, Handler>> {
  return {
    whoami: handler(adminApi.whoami, async (_, { id, roles, tenant }) => ok({ answer: { id, roles: [...roles], tenant } })),
    status: handler(adminApi.status, async (_, operator) =>
      mapped(await desk.status(operator), (status) => ({ answer: status, version: status.state.version })),
    ),
    stageBundle: handler(adminApi.stageBundle, async ({ body }, operator) => plain(await desk.stage(operator, body))),
    readBundle: handler(adminApi.readBundle, async ({ params }, operator) =>
      plain(await desk.bundle(operator, params.digest satisfies string as Digest)),
    ),
    startRollout: handler(adminApi.startRollout, async ({ body: { digest, ...wanted }, ifVersion }, operator) =>
      moved(await desk.startRollout(operator, { ...wanted, ...(digest === undefined ? {} : { digest: digest as Digest }) }, ifVersion)),
    ),
    promote: handler(adminApi.promote, async ({ body, ifVersion }, operator) => moved(await desk.promote(operator, body.why, ifVersion))),
    rollBack: handler(adminApi.rollBack, async ({ body, ifVersion }, operator) =>
      moved(await desk.rollBack(operator, body.why, ifVersion)),
    ),
    listQuarantine: handler(adminApi.listQuarantine, async (_, operator) =>
      mapped(await desk.quarantined(operator), (quarantine) => ({ answer: { quarantine } })),
    ),
    quarantine: handler(adminApi.quarantine, async ({ body }, operator) => plain(await desk.quarantine(operator, body))),
    liftQuarantine: handler(adminApi.liftQuarantine, async ({ params, query }, operator) =>
      plain(await desk.lift(operator, params.id, query.why)),
    ),
    readDecision: handler(adminApi.readDecision, async ({ params: { id } }, operator) =>
      mapped(await desk.records(operator, id), (found) => ({ answer: { decision: id, ...found } })),
    ),
  } satisfies Record<Exclude<keyof AdminApi, "openapi">, Handler>;
}

type Act<Route extends AdminRoute> = (inputs: Inputs<Route>, operator: Operator) => Promise<Result<Answered, DeskRefusal>>;

function handler<Route extends AdminRoute>(route: Route, act: Act<Route>): Handler {
  return (request, operator) => {
    const inputs = readInputs(route, request);
    if (!inputs.ok) return inputs;
    return ok({ conditional: inputs.value.ifVersion !== undefined, answered: act(inputs.value, operator) });
  };
}

function mapped<T>(result: Result<T, DeskRefusal>, answered: (value: T) => Answered): Result<Answered, DeskRefusal> {
  return result.ok ? ok(answered(result.value)) : result;
}

function plain(result: Result<object | Uint8Array, DeskRefusal>): Result<Answered, DeskRefusal> {
  return mapped(result, (answer) => ({ answer }));
}

function moved(result: Result<OperationsState, DeskRefusal>): Result<Answered, DeskRefusal> {
  return mapped(result, (state) => ({ answer: state, version: state.version }));
}
