export {
  type AdminApi,
  type AdminRoute,
  type AdminRouteName,
  adminApi,
  bundleTypes,
  type Problem,
  problemSchema,
  type QuarantineBody,
  type QuarantinedAnswer,
  type RolloutBody,
  type StagedAnswer,
  type StatusAnswer,
  type Whoami,
} from "./api.ts";
export { type AdminDoorParts, adminDoor, createAdminServer } from "./door.ts";
export { openApiText } from "./openapi.ts";
