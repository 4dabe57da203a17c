/**
 * What the reader gives: the record, the trust file or its text, how much to check; and the choice of language.
 *
 * Plain controls of the browser with labels, in the order in which they are used. It keeps no state.
 */
import { el, icon, isolated, type Child, type Speaker } from "./dom.ts";
import { LANGUAGE_NAMES, LANGUAGES, type Language } from "./words.ts";

export interface ChosenFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface FormState {
  readonly record: ChosenFile | undefined;
  readonly trustFile: ChosenFile | undefined;
  readonly trustText: string;
  readonly lastOnly: boolean;
  /** A key of the phrasebook: what keeps the form from being used, or what is going on. */
  readonly message: { readonly key: string; readonly urgent: boolean } | undefined;
}

export interface FormActions {
  readonly pick: (what: "record" | "trust", file: File) => void;
  readonly typeTrust: (text: string) => void;
  readonly setLastOnly: (lastOnly: boolean) => void;
  readonly verify: () => void;
}

export function topView(lang: Language, { say }: Speaker, choose: (lang: Language) => void): HTMLElement {
  const buttons = LANGUAGES.map((one) => {
    const pressed = String(one === lang);
    const button = el(
      "button",
      { type: "button", id: `lang-${one}`, lang: one, "aria-pressed": pressed },
      LANGUAGE_NAMES[one],
    );
    button.addEventListener("click", () => choose(one));
    return button;
  });
  const label = el("span", { class: "hidden", id: "language" }, say("verifier.language"));
  return el(
    "header",
    { class: "top" },
    el(
      "p",
      { class: "brand" },
      icon("M8 5 4 9l4 4", "M4 9h12", "m16 11 4 4-4 4", "M20 15H8"),
      say("verifier.title"),
    ),
    el("div", { class: "languages", role: "group", "aria-labelledby": "language" }, label, ...buttons),
  );
}

export function formView(state: FormState, speaker: Speaker, actions: FormActions): HTMLElement {
  const { say } = speaker;
  const form = el(
    "form",
    { class: "panel form", novalidate: true },
    el("div", { class: "given" }, recordField(state, speaker, actions), trustField(state, speaker, actions)),
    lastOnlyField(state, speaker, actions),
    el(
      "div",
      { class: "act" },
      el("button", { type: "submit", class: "primary", id: "verify" }, say("verifier.verify")),
      messageView(state, speaker),
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    actions.verify();
  });
  return form;
}

/** Always there, so that its change is read out. */
function messageView({ message }: FormState, { say }: Speaker): HTMLElement {
  const className = message?.urgent === true ? "message urgent" : "message";
  return el(
    "p",
    { class: className, id: "message", role: "status" },
    ...(message === undefined ? [] : [say(message.key)]),
  );
}

function recordField({ record }: FormState, speaker: Speaker, actions: FormActions): HTMLElement {
  return el(
    "fieldset",
    {},
    el("legend", {}, speaker.say("verifier.record")),
    el("p", { class: "quiet" }, speaker.say("verifier.record_hint")),
    fileField("record", record, speaker, actions),
  );
}

function trustField(state: FormState, speaker: Speaker, actions: FormActions): HTMLElement {
  const { say } = speaker;
  const area = el("textarea", {
    id: "trust-text",
    rows: "5",
    dir: "ltr",
    spellcheck: "false",
    autocapitalize: "off",
    autocomplete: "off",
  });
  area.value = state.trustText;
  area.addEventListener("input", () => actions.typeTrust(area.value));
  return el(
    "fieldset",
    {},
    el("legend", {}, say("verifier.trust")),
    el("p", { class: "quiet" }, say("verifier.trust_hint")),
    fileField("trust", state.trustFile, speaker, actions),
    el("label", { for: "trust-text" }, say("verifier.trust_text")),
    area,
  );
}

/** The control itself is drawn by its label, in the page's language rather than the browser's. */
function fileField(
  what: "record" | "trust",
  file: ChosenFile | undefined,
  { say, text }: Speaker,
  actions: FormActions,
): HTMLElement {
  const input = el("input", {
    type: "file",
    id: `${what}-file`,
    class: "hidden",
    "aria-label": text(`verifier.choose_${what}`),
    "aria-describedby": `${what}-chosen`,
  });
  input.addEventListener("change", () => {
    const chosen = input.files?.[0];
    if (chosen !== undefined) actions.pick(what, chosen);
  });
  const shown: readonly Child[] =
    file === undefined
      ? [say("verifier.drop")]
      : [
          isolated(file.name, "filename"),
          " ",
          el("span", { class: "quiet" }, say("verifier.chosen", { count: file.bytes.length })),
        ];
  const label = el(
    "label",
    { class: "choose" },
    input,
    icon("M12 16V5", "m7 9 5-5 5 5", "M4 19h16"),
    say("verifier.choose"),
  );
  return el(
    "div",
    { class: "pick" },
    label,
    el("span", { id: `${what}-chosen`, class: file === undefined ? "quiet" : undefined }, ...shown),
  );
}

function lastOnlyField({ lastOnly }: FormState, { say }: Speaker, actions: FormActions): HTMLElement {
  const input = el("input", { type: "checkbox", id: "last-only", "aria-describedby": "last-only-hint" });
  input.checked = lastOnly;
  input.addEventListener("change", () => actions.setLastOnly(input.checked));
  return el(
    "div",
    { class: "option" },
    input,
    el(
      "div",
      {},
      el("label", { for: "last-only" }, say("verifier.last_only")),
      el("p", { class: "quiet", id: "last-only-hint" }, say("verifier.last_only_hint")),
    ),
  );
}
