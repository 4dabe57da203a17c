/** Signing in and out (SPEC 17.8). Operations without a person are for the node's own page alone. */
import { Type, type Static } from "typebox";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { ParleyNode } from "#parley/node/node.ts";
import { SIGN_IN_METHODS } from "#parley/node/house-people.ts";
import type { OpenedSession, Session } from "#parley/people/session.ts";
import { emptyRoute, jsonRoute, type Route, type Shown } from "../route.ts";
import * as schema from "../people-schemas.ts";
import type { Visit } from "../visit.ts";

export const SESSION_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "GET",
    path: "/session/methods",
    summary: "Ways to sign in here",
    access: "open",
    answer: schema.Methods,
    handle: ({ node }) => ({ passkey: true, oidc: node.signIn.hasOidc, totp: true }),
  }),
  jsonRoute({
    method: "POST",
    path: "/session/registration",
    summary: "Options for a passkey, for who holds a one-time link",
    access: "open",
    body: schema.LinkRequest,
    answer: schema.RegistrationBegun,
    handle: ({ node, visit, body }) => node.signIn.beginRegistration(visit.door, body.link),
  }),
  jsonRoute({
    method: "POST",
    path: "/session/registered",
    summary: "Registers the passkey and signs in",
    access: "open",
    body: schema.Registration,
    status: 201,
    answer: schema.SessionShown,
    handle: async ({ node, visit, body }) =>
      welcome(node, visit, await node.signIn.register(visit.door, body)),
  }),
  jsonRoute({
    method: "POST",
    path: "/session/challenge",
    summary: "Options for signing in with a passkey",
    access: "open",
    answer: schema.SignInBegun,
    handle: ({ node, visit }) => node.signIn.beginSignIn(visit.door),
  }),
  jsonRoute({
    method: "POST",
    path: "/session/passkey",
    summary: "Signs in with a passkey",
    access: "open",
    body: schema.SignInRequest,
    status: 201,
    answer: schema.SessionShown,
    handle: async ({ node, visit, body }) => welcome(node, visit, await node.signIn.signIn(visit.door, body)),
  }),
  jsonRoute({
    method: "POST",
    path: "/session/totp/registration",
    summary: "A secret for one-time codes, for who holds a one-time link to a role that releases nothing",
    access: "open",
    body: schema.LinkRequest,
    answer: schema.TotpBegun,
    handle: ({ node, body }) => node.signIn.beginTotp(body.link),
  }),
  jsonRoute({
    method: "POST",
    path: "/session/totp/registered",
    summary: "Registers one-time codes with the first of them, and signs in",
    access: "open",
    body: schema.TotpRegistration,
    status: 201,
    answer: schema.SessionShown,
    handle: async ({ node, visit, body }) =>
      welcome(node, visit, await node.signIn.registerTotp(visit.door, body)),
  }),
  jsonRoute({
    method: "POST",
    path: "/session/totp",
    summary: "Signs in with a one-time code",
    access: "open",
    body: schema.TotpSignIn,
    status: 201,
    answer: schema.SessionShown,
    handle: async ({ node, visit, body }) =>
      welcome(node, visit, await node.signIn.signInByCode(visit.door, body)),
  }),
  jsonRoute({
    method: "POST",
    path: "/session/oidc/start",
    summary: "Where the browser goes to sign in at the organisation's provider; with a link, to bind it",
    access: "open",
    body: schema.OidcRequest,
    answer: schema.OidcBegun,
    handle: ({ node, visit, body }) => node.signIn.beginOidc(visit.door, body.link),
  }),
  jsonRoute({
    method: "POST",
    path: "/session/oidc",
    summary: "Signs in with what the provider sent back",
    access: "open",
    body: schema.OidcReturn,
    status: 201,
    answer: schema.SessionShown,
    handle: async ({ node, visit, body }) =>
      welcome(node, visit, await node.signIn.finishOidc(visit.door, body)),
  }),
  jsonRoute({
    method: "GET",
    path: "/session",
    summary: "The session that comes with the cookie",
    access: "active",
    answer: schema.SessionShown,
    handle: ({ node, visit }) => {
      const { secret, door } = visit;
      const session = secret === undefined ? undefined : node.signIn.sessions.find(secret, door);
      if (secret === undefined || session === undefined) return refuse("session-missing");
      return showSession(node, session, node.signIn.sessions.tokenOf(secret));
    },
  }),
  emptyRoute({
    method: "DELETE",
    path: "/session",
    summary: "Signs out",
    access: "active",
    handle: async ({ node, visit }) => {
      if (visit.secret === undefined) return refuse("session-missing");
      node.signIn.sessions.end(visit.secret);
      visit.close();
      return Promise.resolve(true);
    },
  }),
  jsonRoute({
    method: "GET",
    path: "/sessions",
    summary: "The own sessions",
    access: "active",
    answer: schema.SessionList,
    handle: ({ node, visit, person }) => {
      const { secret, door } = visit;
      const own = secret === undefined ? undefined : node.signIn.sessions.find(secret, door)?.id;
      return node.signIn.sessions.list(person.officer).map(({ id, method, startedAt, seenAt }) => ({
        session: id,
        method: methodOf(method),
        started_at: startedAt,
        seen_at: seenAt,
        own: id === own,
      }));
    },
  }),
  emptyRoute({
    method: "DELETE",
    path: "/sessions/{session}",
    summary: "Ends one of the own sessions",
    access: "active",
    params: schema.SessionParam,
    handle: async ({ node, person, params }) =>
      Promise.resolve(
        node.signIn.sessions.endById(person.officer, params.session) ||
          refuse("api-unknown", { what: "session" }),
      ),
  }),
  jsonRoute({
    method: "POST",
    path: "/sessions/end",
    summary: "Ends all own sessions",
    access: "active",
    answer: Type.Object({ ended: Type.Integer() }, { additionalProperties: false }),
    handle: ({ node, visit, person }) => {
      visit.close();
      return { ended: node.signIn.sessions.endAll(person.officer) };
    },
  }),
];

type Made = Shown<Static<typeof schema.SessionShown>>;

function welcome(node: ParleyNode, visit: Visit, opened: OpenedSession | Refusal): Made | Refusal {
  if (isRefusal(opened)) return opened;
  // Who was signed in here before is not any more: a session never grows into another's.
  if (visit.secret !== undefined) node.signIn.sessions.end(visit.secret);
  visit.open(opened);
  return showSession(node, opened.session, opened.token);
}

function showSession(node: ParleyNode, { id, officer, method }: Session, token: string): Made {
  const roles = node.core.house.state.people.get(officer)?.roles ?? [];
  return { officer, roles, token, session: id, method: methodOf(method) };
}

function methodOf(text: string): (typeof SIGN_IN_METHODS)[number] {
  const method = SIGN_IN_METHODS.find((one) => one === text);
  if (method === undefined) throw new Error("a session of no known method");
  return method;
}
