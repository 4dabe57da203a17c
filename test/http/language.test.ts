/** Which language a refusal answers in, and that it says its sentence in each (SPEC 11.2.8). */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { HTTP_CODES } from "#parley/http/codes.ts";
import { chooseLanguage } from "#parley/http/language.ts";
import { refusalBody } from "#parley/http/problem.ts";
import { refuse } from "#parley/codec/refusal.ts";
import { createPhrasebook } from "#parley/transcript/phrasebook.ts";
import * as material from "../kit/materials.ts";
import { ask, makeScene, refused, type Scene } from "./client.ts";

const book = createPhrasebook();

const CHOICES: readonly (readonly [string | undefined, string])[] = [
  [undefined, "en"],
  ["", "en"],
  ["ar", "ar"],
  ["RU-ru", "ru"],
  ["ar-EG, ru;q=0.9", "ar"],
  ["ru;q=0.2, ar;q=0.7, en;q=0.1", "ar"],
  ["fr, de;q=0.9", "en"],
  ["fr, ru;q=0.1", "ru"],
  ["*", "en"],
  ["*;q=0.1, ru;q=0.5", "ru"],
  ["ru;q=0", "en"],
  ["ru;q=1.5", "en"],
  ["ru;q=abc, ar;q=0.5", "ar"],
  ["../../etc/passwd", "en"],
  ["__proto__, ar;q=0.3", "ar"],
  [`${"xx,".repeat(40)}ru`, "en"],
];

describe("the language of an answer", () => {
  for (const [header, lang] of CHOICES)
    it(`${JSON.stringify(header)?.slice(0, 40) ?? "no header"} gives ${lang}`, () => {
      assert.equal(chooseLanguage(book, header), lang);
    });
});

describe("a refusal as a sentence", () => {
  let scene: Scene;
  before(async () => {
    scene = await makeScene();
  });
  after(() => {
    scene.meridia.api[Symbol.dispose]();
    scene.rimal.api[Symbol.dispose]();
  });

  it("is there for every code of the API, in every language, and never the same twice", () => {
    for (const lang of book.langs) {
      const texts = Object.keys(HTTP_CODES).map((code) => refusalBody(refuse(code), lang).text);
      assert.equal(new Set(texts).size, texts.length, lang);
      for (const text of texts) assert.doesNotMatch(text, /api-/);
    }
    assert.match(refusalBody(refuse("of-a-later-version"), "en").text, /of-a-later-version/);
  });

  for (const [lang, script] of [
    ["en", /^[\x20-\x7e]+$/],
    ["ar", /\p{Script=Arabic}/u],
    ["ru", /\p{Script=Cyrillic}/u],
  ] as const)
    it(`is said in ${lang} on every way out of the door`, async () => {
      const headers = { "accept-language": lang };
      const answers = [
        [await ask(scene.meridia, "/me", { headers }), 401, "api-token-missing"],
        [await ask(scene.meridia, "/nothing", { as: "watch", headers }), 404, "api-unknown"],
        [await ask(scene.meridia, "/me", { headers: { ...headers, host: "evil.example" } }), 421, "api-host"],
        [await ask(scene.meridia, "/house", { as: "watch", headers }), 403, "api-role"],
      ] as const;
      for (const [answer, status, code] of answers) {
        assert.equal(answer.headers.get("content-language"), lang);
        assert.equal(answer.headers.get("vary"), "accept-language");
        const text = String((await refused(answer, status, code))["text"]);
        assert.match(text, script);
        assert.equal(text, book.text(lang, `refusal.${code}`));
      }
    });

  it("says why a draft would be void", async () => {
    const { meridia, channel } = scene;
    const path = `/channels/${channel}/drafts`;
    const body = { type: "notice.open", role: "analyst", body: material.noticeBody({ severity: 99 }) };
    const answer = await ask(meridia, path, { as: "analyst", body });
    const { text } = await refused(answer, 422, "gate-void");
    assert.match(String(text), /no effect as it stands[.] .*severity/);
  });
});
