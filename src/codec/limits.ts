/**
 * Every stated limit of the wire format, with its unit and its reason (SPEC 1.7).
 * A limit is checked before the bytes it bounds are parsed or copied.
 */

/** SPEC 1.7: one entry is one line of about 420 bytes; 16 KiB leaves room for 64 heads in `seen`. */
export const ENTRY_SIZE_LIMIT_BYTES = 16_384;
/** SPEC 1.7: a message is read by a person; bulk travels as an attachment. */
export const MESSAGE_SIZE_LIMIT_BYTES = 1_048_576;
/** SPEC 1.7: nesting deeper than this has no meaning here and feeds stack attacks. */
export const JSON_DEPTH_LIMIT = 32;
/** SPEC 1.7: other feeds an entry may name. */
export const SEEN_LIMIT = 64;
/** SPEC 1.7: signature lines on one note. */
export const SIGNATURE_LINES_LIMIT = 32;
/** SPEC 1.7: entries in one exchange bundle. */
export const BUNDLE_ENTRIES_LIMIT = 256;
/** SPEC 1.7: records in one exchange bundle: an offer with a full chain has 1,027, and one of no bytes costs memory. */
export const BUNDLE_RECORDS_LIMIT = 2_048;
/** SPEC 1.7: bytes of one exchange bundle. */
export const BUNDLE_SIZE_LIMIT_BYTES = 64 * 1_048_576;
/** SPEC 1.7: a payload is one sealed message: message limit, padding (12.5 % at most) and age framing. */
export const PAYLOAD_SIZE_LIMIT_BYTES = 1_310_720;
/** SPEC 1.7: one party document, about 15 kB with three roots. */
export const PARTY_SIZE_LIMIT_BYTES = 131_072;
/** SPEC 1.7: versions in one party chain. */
export const PARTY_CHAIN_LIMIT = 256;
/** SPEC 1.7: one genesis document, sufficiency profile included. */
export const GENESIS_SIZE_LIMIT_BYTES = 262_144;
/** SPEC 1.7: a checkpoint with 32 hybrid signature lines of about 3.3 kB each. */
export const NOTE_SIZE_LIMIT_BYTES = 131_072;
/** SPEC 1.7: recipient stanzas in one payload: parties of the channel and the archive key. */
export const STANZA_LIMIT = 65;
