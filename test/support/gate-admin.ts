import { request } from "undici";

export interface AdminOptions {
  /** The user who asks through the operators' client; olga, who has the role `operator`, by default. */
  readonly operator?: string;
  /** An `Authorization` value in place of an operator's; `undefined` sends none. */
  readonly token?: string | undefined;
  /** An object becomes JSON, bytes are a bundle; text is sent as JSON as it is. */
  readonly body?: object | string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** JSON that a test looks into. */
export interface AdminBody {
  readonly [member: string]: AdminBody | undefined;
}

export interface AdminAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Empty where the answer is no JSON. */
  readonly body: AdminBody;
  readonly bytes: Buffer;
}

/** One request to the admin API, with a path below `/admin/v1` unless it begins with `//`. */
export async function askAdmin(
  url: string,
  method: string,
  path: string,
  options: AdminOptions & { readonly token: string | undefined },
): Promise<AdminAnswer> {
  const { token, body, headers = {} } = options;
  const isBundle = body instanceof Uint8Array;
  const answer = await request(`${url}${path.startsWith("//") ? path.slice(1) : `/admin/v1${path}`}`, {
    method: method as "GET",
    headers: {
      ...(token === undefined ? {} : { authorization: token }),
      ...(body === undefined ? {} : { "content-type": isBundle ? "application/vnd.openpolicyagent.bundles" : "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isBundle ? Buffer.from(body) : typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  const isJson = /json/.test(String(answer.headers["content-type"]));
  return { status: answer.statusCode, headers: answer.headers, body: isJson ? JSON.parse(bytes.toString()) : {}, bytes };
}
