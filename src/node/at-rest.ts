/** Opened messages at rest: salt ‖ message under the node's storage key, bound to their place. */
import { concatBytes, utf8 } from "#parley/codec/bytes.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { SALT_SIZE_BYTES, type Plaintext } from "#parley/crypto/payload.ts";

const NONCE_BYTES = 12;

export interface Place {
  readonly channel: string;
  readonly feed: string;
  readonly seq: number;
}

export function sealAtRest(
  backend: CryptoBackend,
  key: Uint8Array,
  place: Place,
  opened: Plaintext,
): Uint8Array {
  const nonce = backend.randomBytes(NONCE_BYTES);
  const plaintext = concatBytes(placeTag(backend, place), opened.salt, opened.message);
  return concatBytes(nonce, backend.chacha20poly1305.seal(key, nonce, plaintext));
}

/** Undefined when the bytes are damaged, or were moved here from another place. */
export function openAtRest(
  backend: CryptoBackend,
  key: Uint8Array,
  place: Place,
  bytes: Uint8Array,
): Plaintext | undefined {
  const plaintext = backend.chacha20poly1305.open(
    key,
    bytes.subarray(0, NONCE_BYTES),
    bytes.subarray(NONCE_BYTES),
  );
  if (plaintext === undefined) return undefined;
  const tag = placeTag(backend, place);
  for (let i = 0; i < tag.length; i++) if (plaintext[i] !== tag[i]) return undefined;
  const body = plaintext.subarray(tag.length);
  return { salt: body.subarray(0, SALT_SIZE_BYTES), message: body.subarray(SALT_SIZE_BYTES) };
}

function placeTag(backend: CryptoBackend, place: Place): Uint8Array {
  return backend.sha256(utf8(`${place.channel}/${place.feed}/${place.seq}`)).subarray(0, 8);
}
