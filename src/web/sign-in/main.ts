/// <reference lib="dom" />
/**
 * The node's own page: registering a passkey with a one-time link, signing in, answering for what the gate found in a
 * draft, approving it with the key, and reviewing what one person released alone.
 *
 * It makes text nodes and nothing else, keeps no secret but the session's token in memory, and speaks to its own node
 * alone. The node serves it without its types (`main/pages.ts`).
 */
import { element, encode, field, instant, labelled, list, object, texts, type Json } from "./elements.ts";
import { excerpts, holdPart, justifiedPart, messageText } from "./shown.ts";
import { choice, languageOf, LANGUAGES, loadWords, say, speech } from "./words.ts";

const API = "/api/v1";
const LABELS = ["security-key", "computer", "phone", "other"];
const RELEASING = ["releaser", "authority", "principal"];
const JUSTIFYING = ["analyst", ...RELEASING];
const JUSTIFICATIONS = [
  "needed-to-act",
  "already-public",
  "consent-given",
  "not-what-it-seems",
  "generalised",
  "ordered",
];
const ALONE_REASONS = ["life-safety", "no-second", "system-down", "exercise"];
const REVIEWS = ["justified", "not-justified"];
const STATE_KEY = "parley-oidc-state";

/** A refusal of the node, in its own words. */
class Refused extends Error {}

const page = {
  token: "",
  session: undefined as Json | undefined,
  link: "",
  said: "" as string,
  isBad: false,
};

async function start(): Promise<void> {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const query = new URLSearchParams(location.search);
  page.link = fragment.get("link") ?? "";
  // A link or a code that stays in the address bar is read over a shoulder.
  history.replaceState(null, "", location.pathname);
  await loadWords();
  const code = query.get("code");
  if (code !== null) await attempt(() => finishOidc(code, query));
  else if (page.link === "") await resume();
  await draw();
}

async function resume(): Promise<void> {
  try {
    takeSession(await call("GET", "/session"));
  } catch {
    page.session = undefined;
  }
}

async function finishOidc(code: string, query: URLSearchParams): Promise<void> {
  const state = query.get("state") ?? "";
  const expected = sessionStorage.getItem(STATE_KEY);
  sessionStorage.removeItem(STATE_KEY);
  if (state === "" || state !== expected) throw new Refused(say("bad.state"));
  const iss = query.get("iss");
  takeSession(await call("POST", "/session/oidc", { code, state, ...(iss !== null && { iss }) }));
}

async function draw(): Promise<void> {
  document.documentElement.lang = speech.language;
  document.documentElement.dir = speech.language === "ar" ? "rtl" : "ltr";
  const note = element(
    "p",
    { class: page.isBad ? "note bad" : "note", role: "status", id: "note" },
    page.said,
  );
  note.hidden = page.said === "";
  const inside =
    page.session !== undefined
      ? await office(page.session)
      : page.link !== ""
        ? await welcome()
        : await door();
  document.body.replaceChildren(head(), element("main", {}, note, ...inside));
}

function head(): HTMLElement {
  const select = element("select", { id: "language", "aria-label": say("language") });
  for (const [lang, name] of Object.entries(LANGUAGES)) {
    const option = element("option", { value: lang, lang }, name);
    option.selected = lang === speech.language;
    select.append(option);
  }
  select.addEventListener("change", () => {
    speech.language = languageOf(select.value) ?? "en";
    void loadWords().then(draw);
  });
  const bar = element("header", {}, element("span", { class: "brand" }, say("title")), select);
  if (page.session !== undefined) bar.append(button("sign-out", say("out"), signOut, "plain"));
  return bar;
}

/** Nobody is signed in. */
async function door(): Promise<readonly HTMLElement[]> {
  const methods = await call("GET", "/session/methods").catch((): Json => ({}));
  const officer = field("officer", say("in.officer"), { inputmode: "numeric", autocomplete: "username" });
  const code = field("code", say("in.digits"), { inputmode: "numeric", autocomplete: "one-time-code" });
  const byCode = element(
    "details",
    {},
    element("summary", {}, say("in.code")),
    officer.row,
    code.row,
    button("code-go", say("in.code_go"), () => signInByCode(officer.input.value, code.input.value), "plain"),
  );
  const card = element(
    "section",
    { class: "card" },
    element("h1", {}, say("in.title")),
    element("p", { class: "quiet" }, say("in.lead")),
    button("passkey", say("in.passkey"), signIn),
  );
  if (methods["oidc"] === true) card.append(button("oidc", say("in.oidc"), () => leaveForOidc(), "plain"));
  card.append(byCode);
  return [card];
}

/** Somebody came with a one-time link. */
async function welcome(): Promise<readonly HTMLElement[]> {
  const methods = await call("GET", "/session/methods").catch((): Json => ({}));
  const label = choice("label", LABELS, "label");
  const card = element(
    "section",
    { class: "card" },
    element("h1", {}, say("link.title")),
    element("p", { class: "quiet" }, say("link.lead")),
    element("label", { for: "label" }, say("link.label")),
    label,
    button("register", say("link.go"), () => register(label.value)),
  );
  if (methods["oidc"] === true)
    card.append(button("oidc", say("link.oidc"), () => leaveForOidc(page.link), "plain"));
  return [card];
}

/** Somebody is signed in: the drafts that wait. */
async function office(session: Json): Promise<readonly HTMLElement[]> {
  const roles = texts(session["roles"]);
  const who = element(
    "section",
    { class: "who" },
    element("h1", {}, say("who", { officer: String(session["officer"]) })),
    element("p", { class: "quiet" }, roles.map((role) => say(`role.${role}`)).join(" · ")),
  );
  const drafts = list(await call("GET", "/drafts").catch(() => []));
  const shown: HTMLElement[] = [];
  for (const draft of drafts) {
    const detail = await call("GET", `/drafts/${String(draft["draft"])}`).catch(() => undefined);
    if (detail !== undefined) shown.push(draftCard(detail, session));
  }
  const none = element("p", { class: "quiet" }, say("drafts.none"));
  const title = element("h2", {}, say("drafts.title"));
  return [who, title, ...(shown.length > 0 ? shown : [none]), ...(await reviews(session))];
}

/** What one person released alone and nobody has reviewed; for who has no such role there is no list. */
async function reviews(session: Json): Promise<readonly HTMLElement[]> {
  const waiting = list(await call("GET", "/reviews").catch(() => [])).filter(
    ({ reviewed_by: by }) => by === undefined,
  );
  const cards: HTMLElement[] = [];
  for (const review of waiting) {
    const draft = await call("GET", `/drafts/${String(review["draft"])}`).catch(() => undefined);
    cards.push(reviewCard(review, draft, session));
  }
  return cards.length === 0 ? [] : [element("h2", {}, say("review.title")), ...cards];
}

function reviewCard(review: Json, draft: Json | undefined, session: Json): HTMLElement {
  const id = String(review["draft"]);
  const facts = { officer: String(review["officer"]), role: say(`role.${String(review["role"])}`) };
  const card = element(
    "article",
    { class: "card", "data-review": id },
    element("h3", {}, element("bdi", { dir: "ltr" }, draft === undefined ? id : String(draft["type"]))),
    element("p", {}, say("review.by", facts)),
    element(
      "p",
      { class: "quiet" },
      say(`alone-reason.${String(review["reason"])}`),
      " · ",
      instant(review["at"]),
    ),
  );
  if (review["overdue"] === true) card.append(element("p", { class: "note bad" }, say("review.overdue")));
  if (draft !== undefined)
    card.append(element("h4", {}, say("review.left")), messageText(object(draft["preview"])));
  if (review["officer"] === session["officer"])
    card.append(element("p", { class: "note warn" }, say("review.own")));
  else if (texts(session["roles"]).some((role) => RELEASING.includes(role)))
    for (const finding of REVIEWS)
      card.append(
        button(`review-${finding}`, say(`review.${finding}`), () => sayReviewed(id, finding), "plain"),
      );
  return card;
}

async function sayReviewed(id: string, finding: string): Promise<void> {
  await call("POST", `/reviews/${id}`, { finding });
  note(say("done.reviewed"));
}

function draftCard(draft: Json, session: Json): HTMLElement {
  const policy = object(draft["policy"]);
  const preview = object(draft["preview"]);
  const given = list(draft["approvals"]).length;
  const facts = { officer: String(draft["by"]), given: String(given), needed: String(policy["persons"]) };
  const digest = element("code", { dir: "ltr", class: "digest" }, String(draft["digest"]));
  const card = element(
    "article",
    { class: "card", "data-draft": String(draft["draft"]) },
    element("h3", {}, element("bdi", { dir: "ltr" }, String(draft["type"]))),
    element("p", { class: "quiet" }, say("drafts.by", facts)),
    element("h4", {}, say("drafts.show")),
    messageText(preview),
  );
  for (const row of list(preview["hidden"])) {
    const characters = `${String(row["path"])} ${texts(row["code_points"]).join(" ")}`;
    card.append(element("p", { class: "note bad" }, say("drafts.hidden", { characters })));
  }
  card.append(element("p", { class: "quiet small" }, `${say("drafts.digest")}: `, digest));
  card.append(...findingsPart(draft, texts(session["roles"])), ...approvalPart(draft, session));
  return card;
}

/** What the checks found, and what people answered (SPEC 14.5, 14.7). */
function findingsPart(draft: Json, roles: readonly string[]): readonly HTMLElement[] {
  const gate = object(draft["gate"]);
  const findings = list(gate["findings"]);
  const none = element("p", { class: "quiet" }, say("gate.none"));
  const rows = findings.map((finding) => findingRow(draft, finding, roles));
  const shown = rows.length === 0 ? none : element("ol", { class: "findings" }, ...rows);
  return [element("h4", {}, say("gate.title")), shown, ...holdPart(gate)];
}

function findingRow(draft: Json, finding: Json, roles: readonly string[]): HTMLElement {
  const result = String(finding["result"]);
  const row = element(
    "li",
    { class: `finding ${result}`, "data-finding": String(finding["finding"]) },
    element(
      "p",
      { class: "rule" },
      element("span", { class: `badge ${result}` }, say(`gate.${result}`)),
      " ",
      say(`gate-rule.${String(finding["rule"])}`),
    ),
    element(
      "p",
      { class: "quiet small" },
      `${say(`gate-check.${String(finding["check"])}`)} · ${say("gate.where")}: `,
      element("code", { dir: "ltr" }, String(finding["at"])),
      ` · ${say("gate.count", { count: String(finding["count"]) })}`,
    ),
    ...excerpts(draft["message"], finding),
  );
  const justified = finding["justified"];
  if (result === "blocked") row.append(element("p", { class: "note bad" }, say("gate.blocked_one")));
  else if (justified !== undefined) row.append(justifiedPart(object(justified)));
  else row.append(...justifyForm(draft, finding, roles));
  return row;
}

/** A person in a role that may answers for one finding; others read that nobody did. */
function justifyForm(draft: Json, finding: Json, roles: readonly string[]): readonly HTMLElement[] {
  const open = element("p", { class: "note warn" }, say("gate.open_one"));
  const role = JUSTIFYING.find((one) => roles.includes(one));
  if (role === undefined) return [open];
  const id = String(finding["finding"]);
  const reason = choice(`reason-${id}`, JUSTIFICATIONS, "gate-justification");
  const words = element("textarea", { id: `words-${id}`, dir: "auto", rows: "2", maxlength: "1000" });
  const send = async (): Promise<void> => {
    if (words.value.trim() === "") throw new Refused(say("bad.words"));
    const body = { finding: id, role, code: reason.value, text: words.value };
    await call("POST", `/drafts/${String(draft["draft"])}/justifications`, body);
    note(say("done.justified"));
  };
  const rows = [
    labelled(reason, say("gate.reason")),
    labelled(words, say("gate.words")),
    button(`justify-${id}`, say("gate.justify"), send, "plain"),
  ];
  return [open, element("div", { class: "answer" }, ...rows)];
}

/** The buttons that release, or in words why there are none. */
function approvalPart(draft: Json, session: Json): readonly HTMLElement[] {
  const policy = object(draft["policy"]);
  const findings = list(object(draft["gate"])["findings"]);
  const blocked = findings.filter(({ result }) => result === "blocked").length;
  const open = findings.filter((one) => one["result"] === "flagged" && one["justified"] === undefined).length;
  const why = (kind: string, key: string, count: number): readonly HTMLElement[] => [
    element("p", { class: `note ${kind}`, "data-stopped": "" }, say(key, { count: String(count) })),
  ];
  if (blocked > 0) return why("bad", "gate.stop_blocked", blocked);
  if (open > 0) return why("warn", "gate.stop_open", open);
  const usable = texts(session["roles"]).filter(
    (role) => RELEASING.includes(role) && texts(policy["roles"]).includes(role),
  );
  const two = Number(policy["persons"]) > 1;
  const own = two && draft["by"] === session["officer"];
  const buttons = usable.map((role) =>
    button(`approve-${role}`, say("drafts.approve", { role: say(`role.${role}`) }), () =>
      approve(draft, role),
    ),
  );
  if (usable.length === 0) return [];
  return [...(own ? why("warn", "gate.own", 0) : buttons), ...(two ? [alonePart(draft, usable)] : [])];
}

/** One person alone (SPEC 17.7): behind a fold, with a reason. */
function alonePart(draft: Json, usable: readonly string[]): HTMLElement {
  const reason = choice(`alone-reason-${String(draft["draft"])}`, ALONE_REASONS, "alone-reason");
  const buttons = usable.map((role) =>
    button(
      `alone-${role}`,
      say("alone.go", { role: say(`role.${role}`) }),
      () => approve(draft, role, reason.value),
      "danger",
    ),
  );
  return element(
    "details",
    { class: "alone" },
    element("summary", {}, say("alone.title")),
    element("p", { class: "quiet small" }, say("alone.lead")),
    labelled(reason, say("alone.reason")),
    ...buttons,
  );
}

async function register(label: string): Promise<void> {
  const begun = await call("POST", "/session/registration", { link: page.link });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(optionsOf(begun));
  const made = await ask(() => navigator.credentials.create({ publicKey }));
  if (!(made.response instanceof AuthenticatorAttestationResponse)) throw new Refused(say("bad.device"));
  const answer = {
    attestation_object: encode(made.response.attestationObject),
    client_data: encode(made.response.clientDataJSON),
    credential: encode(made.rawId),
  };
  takeSession(await call("POST", "/session/registered", { challenge: begun["challenge"], answer, label }));
  page.link = "";
  note(say("done.registered"));
}

async function signIn(): Promise<void> {
  const begun = await call("POST", "/session/challenge");
  const answer = await assertion(begun);
  takeSession(await call("POST", "/session/passkey", { challenge: begun["challenge"], answer }));
}

async function signInByCode(officer: string, code: string): Promise<void> {
  takeSession(await call("POST", "/session/totp", { officer: Number(officer), code }));
}

async function leaveForOidc(link?: string): Promise<void> {
  const begun = await call("POST", "/session/oidc/start", link === undefined ? {} : { link });
  sessionStorage.setItem(STATE_KEY, String(begun["state"]));
  location.assign(String(begun["address"]));
}

async function signOut(): Promise<void> {
  await call("DELETE", "/session");
  page.session = undefined;
  page.token = "";
}

/** The device signs this very text, channel, role and list of findings; the node compares (SPEC 17.2). */
async function approve(draft: Json, role: string, alone?: string): Promise<void> {
  const path = `/drafts/${String(draft["draft"])}`;
  const gate = object(draft["gate"]);
  const check = list(gate["findings"]).length === 0 ? undefined : gate["digest"];
  const begun = await call("POST", `${path}/challenge`, { role });
  if (begun["digest"] !== draft["digest"] || begun["check"] !== check) throw new Refused(say("bad.changed"));
  const covers = { role, digest: draft["digest"], ...(check !== undefined && { check }) };
  const approval = { ...covers, assertion: await assertion(begun) };
  const after =
    alone === undefined
      ? await call("POST", `${path}/approvals`, approval)
      : await call("POST", `${path}/alone`, { ...approval, reason: alone });
  note(say(after["said"] === undefined ? "done.approved" : "done.said"));
}

async function assertion(begun: Json): Promise<Json> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(requestOf(begun));
  const given = await ask(() => navigator.credentials.get({ publicKey }));
  if (!(given.response instanceof AuthenticatorAssertionResponse)) throw new Refused(say("bad.device"));
  return {
    authenticator_data: encode(given.response.authenticatorData),
    client_data: encode(given.response.clientDataJSON),
    credential: encode(given.rawId),
    signature: encode(given.response.signature),
  };
}

async function ask(question: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  const credential = await question().catch(() => null);
  if (!(credential instanceof PublicKeyCredential)) throw new Refused(say("bad.device"));
  return credential;
}

async function call(method: string, path: string, body?: unknown): Promise<Json> {
  const headers = new Headers({ "accept-language": speech.language });
  if (body !== undefined) headers.set("content-type", "application/json");
  if (page.token !== "") headers.set("x-parley-session", page.token);
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(API + path, { method, headers, ...sent }).catch(() => undefined);
  if (answer === undefined) throw new Refused(say("bad.network"));
  const value: unknown = answer.status === 204 ? {} : await answer.json();
  if (answer.ok) return value as Json;
  const { text, code } = object(value);
  throw new Refused(typeof text === "string" ? text : String(code));
}

function takeSession(session: Json): void {
  page.session = session;
  page.token = String(session["token"]);
}

async function attempt(work: () => Promise<void>): Promise<void> {
  page.said = "";
  page.isBad = false;
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    page.said = error.message;
    page.isBad = true;
  }
}

function note(text: string): void {
  page.said = text;
}

function button(id: string, text: string, work: () => Promise<void>, kind = "main"): HTMLButtonElement {
  const made = element("button", { type: "button", id, class: kind }, text);
  made.addEventListener("click", () => {
    made.disabled = true;
    void attempt(work).then(draw);
  });
  return made;
}

function optionsOf(begun: Json): PublicKeyCredentialCreationOptionsJSON {
  return begun["options"] as PublicKeyCredentialCreationOptionsJSON;
}

function requestOf(begun: Json): PublicKeyCredentialRequestOptionsJSON {
  return begun["options"] as PublicKeyCredentialRequestOptionsJSON;
}

await start();
