/**
 * The verifier as one page from disk: `parley verify` for whoever has a browser and two files.
 *
 * Nothing is sent, fetched or stored. Verification runs in one go after the page has said so: a worker would need
 * a looser policy than this page has. Files are read once; a change of language renders the same outcome anew.
 */
import { TRANSCRIPT_LIMITS } from "#parley/codec/bundle.ts";
import { utf8ToText } from "#parley/codec/bytes.ts";
import { refuse } from "#parley/codec/refusal.ts";
import { createSpeaker, el } from "./dom.ts";
import { formView, topView, type FormActions, type FormState } from "./form-view.ts";
import { judge, looksLikeTrust, type Outcome } from "./outcome.ts";
import { resultView } from "./result-view.ts";
import { chooseLanguage, createVerifierBook, type Language } from "./words.ts";

interface State extends FormState {
  readonly lang: Language;
  readonly outcome: Outcome | undefined;
}

const book = createVerifierBook();

let state: State = {
  lang: chooseLanguage(navigator.languages),
  record: undefined,
  trustFile: undefined,
  trustText: "",
  lastOnly: false,
  message: undefined,
  outcome: undefined,
};

const actions: FormActions = {
  pick: (what, file) => void take(file, what),
  // The text area is the state while it is being typed in: rendering would move the caret.
  typeTrust: (trustText) => (state = { ...state, trustText, trustFile: undefined }),
  setLastOnly: (lastOnly) => (state = { ...state, lastOnly }),
  verify: () => void verify(),
};

function update(change: Partial<State>): void {
  state = { ...state, ...change };
  render();
}

/** The whole page anew; the control that had the focus keeps it. */
function render(): void {
  const focused = document.activeElement?.id ?? "";
  const speaker = createSpeaker(book, state.lang);
  document.documentElement.lang = state.lang;
  document.documentElement.dir = book.direction(state.lang);
  document.title = speaker.text("verifier.title");
  const main = el(
    "main",
    {},
    el("h1", {}, speaker.say("verifier.heading")),
    el("p", { class: "lede" }, speaker.say("verifier.lede")),
    formView(state, speaker, actions),
    ...(state.outcome === undefined ? [] : [resultView(state.outcome, speaker)]),
  );
  document.body.replaceChildren(
    topView(state.lang, speaker, (lang) => update({ lang })),
    main,
  );
  if (focused !== "") document.getElementById(focused)?.focus({ preventScroll: true });
}

async function verify(): Promise<void> {
  const { record, trustText, lastOnly } = state;
  if (record === undefined) return refuseForm("verifier.need_record", "record-file");
  if (trustText.trim() === "") return refuseForm("verifier.need_trust", "trust-file");
  update({ outcome: undefined, message: { key: "verifier.working", urgent: false } });
  await painted();
  const outcome = judge(record.bytes, trustText, { signatures: lastOnly ? "last" : "all" });
  update({ outcome, message: { key: "verifier.done", urgent: false } });
  document.getElementById("verdict")?.focus();
}

function refuseForm(key: string, control: string): void {
  update({ outcome: undefined, message: { key, urgent: true } });
  document.getElementById(control)?.focus();
}

/** After the next frame is on the screen: a task that follows the frame's callback. */
function painted(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve, 0));
  });
}

/** `what` undefined: dropped on the page, told apart by its first bytes. */
async function take(file: File, what?: "record" | "trust"): Promise<void> {
  if (file.size > TRANSCRIPT_LIMITS.sizeBytes) {
    const refusal = refuse("too-large", { limit: TRANSCRIPT_LIMITS.sizeBytes });
    return update({ message: undefined, outcome: { kind: "refused", refusal } });
  }
  const buffer = await file.arrayBuffer().catch(() => undefined);
  if (buffer === undefined)
    return update({ message: { key: "verifier.unreadable_file", urgent: true }, outcome: undefined });
  const bytes = new Uint8Array(buffer);
  const chosen = { name: file.name, bytes };
  const isTrust = what === undefined ? looksLikeTrust(bytes) : what === "trust";
  if (!isTrust) return update({ record: chosen, message: undefined, outcome: undefined });
  const trustText = utf8ToText(bytes);
  if (trustText !== undefined)
    return update({ trustFile: chosen, trustText, message: undefined, outcome: undefined });
  const refusal = refuse("trust-malformed", { line: 1 });
  update({ trustFile: chosen, trustText: "", message: undefined, outcome: { kind: "refused", refusal } });
}

document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  for (const file of event.dataTransfer?.files ?? []) void take(file);
});

render();
