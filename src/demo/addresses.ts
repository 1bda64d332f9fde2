/** The issuer that the demo bundle's agents belong to. Part of what is signed, so it stays when the ports change. */
export const DEMO_ISSUER = "http://127.0.0.1:4401";
export const DEMO_AUDIENCE = "http://127.0.0.1:4400";
export const DEMO_PORT = 4400;
