/** Every vector of `vectors/party/`, by both backends. */
import assert from "node:assert/strict";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { parseBundle } from "#parley/codec/bundle.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { collectChains, verifyPartyChain } from "#parley/party/chain.ts";
import { isPairingText, partyToDigits, partyToWords } from "#parley/party/pairing.ts";
import { BACKENDS } from "../crypto/backends.ts";
import { bytesOf, checked, Common, Input, testVectors } from "../kit/vectors.ts";

const chainShape = Compile(Type.Object({ ...Common, input: Input }));
const pairingShape = Compile(
  Type.Object({ ...Common, party: Type.String(), digits: Type.String(), words: Type.String() }),
);

testVectors("party", BACKENDS, {
  party: (backend, vector) => {
    const records = parseBundle(bytesOf(checked(chainShape, vector).input));
    assert.ok(!isRefusal(records));
    return verifyPartyChain(backend, collectChains(records).flat());
  },
  pairing: (_backend, vector) => {
    const { party, digits, words } = checked(pairingShape, vector);
    assert.deepEqual([partyToDigits(party), partyToWords(party)], [digits, words]);
    return isPairingText(party, digits) && isPairingText(party, words.toUpperCase());
  },
});
