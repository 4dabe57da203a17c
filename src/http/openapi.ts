/** The OpenAPI 3.1 document of a list of operations: made from the rows that serve them, and from nothing else. */
import type { TObject } from "typebox";
import { ProblemSchema } from "./problem.ts";
import type { Access, Route } from "./route.ts";
import * as schemas from "./schemas.ts";

type Members = Readonly<Record<string, unknown>>;

export function makeOpenApi(prefix: string, routes: readonly Route[]): Members {
  const paths: Record<string, Record<string, Members>> = {};
  for (const route of routes) {
    const path = prefix + route.path;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Parley node API",
      version: "1",
      description: "How people and programs of one organisation speak to their own node (SPEC 11).",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: Object.fromEntries([...NAMES].map(([schema, name]) => [name, inside(schema)])),
    },
  };
}

function operationOf(route: Route): Members {
  const { method, path, summary, access, params, query, takes, body } = route;
  const parameters = [...parametersOf(params, "path"), ...parametersOf(query, "query")];
  return {
    operationId: operationIdOf(method, path),
    summary,
    ...(access === "open" && { security: [] }),
    "x-roles": rolesOf(access),
    ...(parameters.length > 0 && { parameters }),
    ...(takes === "json" && { requestBody: { required: true, content: json(body) } }),
    ...((takes === "file" || takes === "upload") && { requestBody: { required: true, content: OCTETS } }),
    responses: {
      [route.status]: answerOf(route),
      default: { description: "Refused", content: json(ProblemSchema) },
    },
  };
}

const OCTETS: Members = { "application/octet-stream": { schema: { type: "string", format: "binary" } } };
const EVENTS: Members = { "text/event-stream": { schema: { type: "string" } } };

function answerOf({ gives, summary, answer }: Route): Members {
  switch (gives) {
    case "json":
      return { description: summary, content: json(answer) };
    case "file":
      return { description: summary, content: OCTETS };
    case "stream":
      return { description: summary, content: EVENTS };
    case "empty":
      return { description: "Done" };
  }
}

function json(schema: object | undefined): Members {
  return { "application/json": { schema: schema === undefined ? {} : toReferences(schema) } };
}

function parametersOf(schema: TObject, place: "path" | "query"): readonly Members[] {
  const required = new Set<string>(schema.required);
  return Object.entries(schema.properties).map(([name, property]) => ({
    name,
    in: place,
    required: required.has(name),
    schema: property,
  }));
}

function rolesOf(access: Access): readonly string[] {
  return typeof access === "string" ? [access] : access;
}

/** `getChannelsChannelCases`: unique because method and path are. */
function operationIdOf(method: string, path: string): string {
  const words = path.split(/[^a-z]+/).filter((word) => word !== "");
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

/** Schemas with a name of their own; a row that uses the same object refers to it. */
const NAMES: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [ProblemSchema, "Problem"],
  ...Object.entries(schemas)
    .filter(([name, value]) => /^[A-Z][a-z]/.test(name) && "type" in value)
    .map(([name, value]): [unknown, string] => [value, name]),
]);

function toReferences(schema: unknown): unknown {
  const name = NAMES.get(schema);
  return name === undefined ? inside(schema) : { $ref: `#/components/schemas/${name}` };
}

function inside(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toReferences);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]: [string, unknown]) => [key, toReferences(value)]),
  );
}
