/** Every vector of `vectors/codec/`. Codec has no cryptography: one backend, which it never asks, is both. */
import { EXCHANGE_LIMITS, parseBundle } from "#parley/codec/bundle.ts";
import { parseBase64, parseBase64url } from "#parley/codec/bytes.ts";
import { parseJson } from "#parley/codec/json.ts";
import { parseNote } from "#parley/codec/note.ts";
import { parseInstant } from "#parley/codec/time.ts";
import { nodeBackend } from "../crypto/backends.ts";
import { plain, testVectors } from "../kit/vectors.ts";

testVectors("codec", [nodeBackend], {
  json: plain((bytes) => parseJson(bytes)),
  base64: plain((_bytes, text, name) =>
    name.startsWith("base64-url") ? parseBase64url(text()) : parseBase64(text()),
  ),
  time: plain((_bytes, text) => parseInstant(text())),
  bundle: plain((bytes) => parseBundle(bytes, EXCHANGE_LIMITS)),
  note: plain((bytes) => parseNote(bytes)),
});
