export { type Initialised, type InitRequest, initRepository, type NotInitialised } from "./init-repository.ts";
