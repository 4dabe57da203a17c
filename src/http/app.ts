/**
 * The JSON API of a node (SPEC 11) as one function from request to response, without a socket.
 *
 * Every request passes the same steps in the same order: host, route, token, role, body, use case. Nothing that is
 * sent makes it throw, and no answer repeats a secret. There is no CORS: pages of other origins get nothing.
 */
import { Hono, type Context } from "hono";
import type { Validator } from "typebox/compile";
import { Compile } from "typebox/compile";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { ParleyNode } from "#parley/node/node.ts";
import type { Log } from "#parley/node/ports.ts";
import { TokenThrottle } from "./auth.ts";
import { readRequestBody } from "./body.ts";
import { EVENT_LIMITS, EventLog, type EventLimits } from "./events.ts";
import { makeOpenApi } from "./openapi.ts";
import { faultToRefusal, problemResponse } from "./problem.ts";
import { downloadResponse } from "./download.ts";
import { isAllowed, type Reply, type Route } from "./route.ts";
import { PREFIX, ROUTES } from "./routes.ts";
import { pageResponse, type Page } from "./page.ts";
import { personBehindVisit, Visit } from "./visit.ts";

export interface AppOptions {
  readonly log?: Log;
  /** Names beside the loopback ones under which this API is reached, without port. */
  readonly hosts?: readonly string[];
  readonly eventLimits?: EventLimits;
  /** Compare every answer with its schema, and fail if it differs: for tests. */
  readonly checkAnswers?: boolean;
  /** Files of the node's own pages, by address. */
  readonly pages?: ReadonlyMap<string, Page>;
}

export interface Api extends Disposable {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly events: EventLog;
}

export function createApp(node: ParleyNode, options: AppOptions = {}): Api {
  const log: Log = options.log ?? (() => undefined);
  const events = new EventLog(node, options.eventLimits ?? EVENT_LIMITS);
  const openapi = makeOpenApi(PREFIX, ROUTES);
  const throttle = new TokenThrottle(() => node.core.ports.clock());
  const hosts = new Set(["localhost", "127.0.0.1", "[::1]", ...(options.hosts ?? [])]);
  const answers = options.checkAnswers === true ? new Map<Route, Validator>() : undefined;

  const serve = async (context: Context, route: Route): Promise<Response> => {
    const request = context.req.raw;
    const visit = new Visit(request);
    const person = personBehindVisit(node, {
      request,
      visit,
      throttle,
      log,
      isOpen: route.access === "open",
    });
    if (isRefusal(person)) return refused(context, person);
    if (!isAllowed(route, person)) return refused(context, refuse("api-role"));
    const body = await readRequestBody(request, route);
    if (isRefusal(body)) return refused(context, body);
    const reply = await route.run({
      node,
      events,
      openapi,
      visit,
      person,
      params: context.req.param(),
      query: new URL(request.url).searchParams,
      body,
      lastEventId: request.headers.get("last-event-id") ?? undefined,
    });
    if (isRefusal(reply)) return refused(context, reply);
    if (answers !== undefined) checkAnswer(answers, route, reply);
    return visit.answered(responseOf(reply, route));
  };

  const app = new Hono();
  app.use(async (context, next) => {
    const host = context.req.header("host") ?? new URL(context.req.url).host;
    if (!hosts.has(host.replace(/:[0-9]{1,5}$/, "").toLowerCase()))
      context.res = refused(context, refuse("api-host"));
    else await next();
    for (const [name, value] of SECURITY_HEADERS)
      if (!context.res.headers.has(name)) context.res.headers.set(name, value);
  });
  for (const route of ROUTES) {
    app.on(route.method, honoPath(route), (context) => serve(context, route));
  }
  for (const [path, page] of options.pages ?? []) app.get(path, () => pageResponse(page));
  app.notFound((context) => refused(context, unknownPath(context)));
  app.onError((error, context) => {
    const refusal = faultToRefusal(error);
    log("api-fault", { code: refusal.code });
    if (refusal.code === "api-fault" && options.checkAnswers === true) throw error;
    return refused(context, refusal);
  });
  return {
    fetch: async (request) => app.fetch(request),
    events,
    [Symbol.dispose]: () => events[Symbol.dispose](),
  };
}

function refused(context: Context, refusal: Refusal): Response {
  return problemResponse(refusal, context.req.header("accept-language"));
}

const SECURITY_HEADERS: readonly (readonly [string, string])[] = [
  ["cache-control", "no-store"],
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox"],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  ["referrer-policy", "no-referrer"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
];

function honoPath({ path }: Route): string {
  return PREFIX + path.replace(/\{([a-z]+)\}/g, ":$1");
}

/** 404, or 405 where another method is known (SPEC 11.2.1). */
function unknownPath(context: Context): Refusal {
  const path = new URL(context.req.url).pathname;
  const isKnown = ROUTES.some((route) => {
    const pattern = new RegExp(
      `^${PREFIX}${route.path.replace(/\{[a-z]+\}/g, "[^/]+").replaceAll(".", "[.]")}$`,
    );
    return pattern.test(path);
  });
  return isKnown ? refuse("api-method") : refuse("api-unknown", { what: "path" });
}

function responseOf(reply: Reply, { status }: Route): Response {
  switch (reply.kind) {
    case "json":
      return Response.json(reply.value, { status });
    case "empty":
      return new Response(null, { status });
    case "file":
      return new Response(new Uint8Array(reply.bytes), {
        status,
        headers: {
          "content-type": "application/octet-stream",
          "content-disposition": `attachment; filename="${reply.name}"`,
        },
      });
    case "download":
      return downloadResponse(reply);
    case "stream":
      return new Response(reply.stream, {
        status,
        headers: { "content-type": "text/event-stream", "x-accel-buffering": "no" },
      });
  }
}

function checkAnswer(known: Map<Route, Validator>, route: Route, reply: Reply): void {
  if (reply.kind !== "json" || route.answer === undefined) return;
  let schema = known.get(route);
  if (schema === undefined) known.set(route, (schema = Compile(route.answer)));
  const value: unknown = JSON.parse(JSON.stringify(reply.value));
  const [first] = schema.Errors(value);
  if (!schema.Check(value)) {
    throw new Error(
      `${route.method} ${route.path} answers against its schema: ${first?.instancePath} ${first?.message}`,
    );
  }
}
