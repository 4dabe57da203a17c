/**
 * All wordings in one place (SPEC 8.7.1): catalogues by language, argument kinds, code lists, what messages say.
 *
 * A further language is one row of `LANGUAGES` with its catalogue files; a further protocol is one line in each
 * list. Catalogues are data of the program: they are parsed once and a test holds every language to every key.
 */
import agreementAr from "#parley/protocols/agreement/phrases/ar.json" with { type: "json" };
import agreementEn from "#parley/protocols/agreement/phrases/en.json" with { type: "json" };
import agreementRu from "#parley/protocols/agreement/phrases/ru.json" with { type: "json" };
import {
  AGREEMENT_ARGUMENTS,
  AGREEMENT_LISTS,
  AGREEMENT_TELLS,
} from "#parley/protocols/agreement/phrases/tell.ts";
import checkAr from "#parley/protocols/comms_check/phrases/ar.json" with { type: "json" };
import checkEn from "#parley/protocols/comms_check/phrases/en.json" with { type: "json" };
import checkRu from "#parley/protocols/comms_check/phrases/ru.json" with { type: "json" };
import { CHECK_ARGUMENTS, CHECK_LISTS, CHECK_TELLS } from "#parley/protocols/comms_check/phrases/tell.ts";
import disputeAr from "#parley/protocols/dispute/phrases/ar.json" with { type: "json" };
import disputeEn from "#parley/protocols/dispute/phrases/en.json" with { type: "json" };
import disputeRu from "#parley/protocols/dispute/phrases/ru.json" with { type: "json" };
import { DISPUTE_ARGUMENTS, DISPUTE_LISTS, DISPUTE_TELLS } from "#parley/protocols/dispute/phrases/tell.ts";
import evidenceAr from "#parley/protocols/evidence/phrases/ar.json" with { type: "json" };
import evidenceEn from "#parley/protocols/evidence/phrases/en.json" with { type: "json" };
import evidenceRu from "#parley/protocols/evidence/phrases/ru.json" with { type: "json" };
import { EVIDENCE_ARGUMENTS, EVIDENCE_LISTS } from "#parley/protocols/evidence/phrases/tell.ts";
import noticeAr from "#parley/protocols/notice/phrases/ar.json" with { type: "json" };
import noticeEn from "#parley/protocols/notice/phrases/en.json" with { type: "json" };
import noticeRu from "#parley/protocols/notice/phrases/ru.json" with { type: "json" };
import { NOTICE_ARGUMENTS, NOTICE_LISTS, NOTICE_TELLS } from "#parley/protocols/notice/phrases/tell.ts";
import requestAr from "#parley/protocols/request/phrases/ar.json" with { type: "json" };
import requestEn from "#parley/protocols/request/phrases/en.json" with { type: "json" };
import requestRu from "#parley/protocols/request/phrases/ru.json" with { type: "json" };
import { REQUEST_ARGUMENTS, REQUEST_LISTS, REQUEST_TELLS } from "#parley/protocols/request/phrases/tell.ts";
import systemAr from "#parley/protocols/system/phrases/ar.json" with { type: "json" };
import systemEn from "#parley/protocols/system/phrases/en.json" with { type: "json" };
import systemRu from "#parley/protocols/system/phrases/ru.json" with { type: "json" };
import {
  COMMON_ARGUMENTS,
  SYSTEM_ARGUMENTS,
  SYSTEM_LISTS,
  SYSTEM_TELLS,
} from "#parley/protocols/system/phrases/tell.ts";
import caseworkAr from "#parley/casework/phrases/ar.json" with { type: "json" };
import { CASEWORK_ARGUMENTS } from "#parley/casework/phrases/arguments.ts";
import caseworkEn from "#parley/casework/phrases/en.json" with { type: "json" };
import caseworkRu from "#parley/casework/phrases/ru.json" with { type: "json" };
import {
  codeOf,
  COUNT,
  PHRASES,
  TOKEN,
  type ArgumentKinds,
  type CodeLists,
  type Tell,
} from "#parley/protocols/phrase-arguments.ts";
import transcriptAr from "./phrases/ar.json" with { type: "json" };
import transcriptEn from "./phrases/en.json" with { type: "json" };
import transcriptRu from "./phrases/ru.json" with { type: "json" };

export type Catalogue = Readonly<Record<string, string>>;

export interface LanguageRow {
  readonly lang: string;
  readonly direction: "ltr" | "rtl";
  /** Between rows of a list. */
  readonly separator: string;
  /** Between codes of a list. */
  readonly comma: string;
  readonly catalogues: readonly Catalogue[];
}

export const LANGUAGES: readonly LanguageRow[] = [
  {
    lang: "en",
    direction: "ltr",
    separator: "; ",
    comma: ", ",
    catalogues: [
      systemEn,
      agreementEn,
      checkEn,
      disputeEn,
      evidenceEn,
      noticeEn,
      requestEn,
      caseworkEn,
      transcriptEn,
    ],
  },
  {
    lang: "ar",
    direction: "rtl",
    separator: "؛ ",
    comma: "، ",
    catalogues: [
      systemAr,
      agreementAr,
      checkAr,
      disputeAr,
      evidenceAr,
      noticeAr,
      requestAr,
      caseworkAr,
      transcriptAr,
    ],
  },
  {
    lang: "ru",
    direction: "ltr",
    separator: "; ",
    comma: ", ",
    catalogues: [
      systemRu,
      agreementRu,
      checkRu,
      disputeRu,
      evidenceRu,
      noticeRu,
      requestRu,
      caseworkRu,
      transcriptRu,
    ],
  },
];

const TRANSCRIPT_ARGUMENTS: ArgumentKinds = {
  code: codeOf("void"),
  nature: codeOf("nature"),
  opaque: codeOf("opaque"),
  handle: TOKEN,
  signed: COUNT,
  proven: COUNT,
  shown: COUNT,
  index: COUNT,
  until: COUNT,
  refusal: PHRASES,
  sentence: PHRASES,
  bracket: PHRASES,
  status: PHRASES,
  unknown_code: TOKEN,
};

export const ARGUMENTS: ArgumentKinds = {
  ...COMMON_ARGUMENTS,
  ...SYSTEM_ARGUMENTS,
  ...AGREEMENT_ARGUMENTS,
  ...CHECK_ARGUMENTS,
  ...DISPUTE_ARGUMENTS,
  ...EVIDENCE_ARGUMENTS,
  ...NOTICE_ARGUMENTS,
  ...REQUEST_ARGUMENTS,
  ...CASEWORK_ARGUMENTS,
  ...TRANSCRIPT_ARGUMENTS,
};

export const CODE_LISTS: readonly CodeLists[] = [
  SYSTEM_LISTS,
  AGREEMENT_LISTS,
  CHECK_LISTS,
  DISPUTE_LISTS,
  EVIDENCE_LISTS,
  NOTICE_LISTS,
  REQUEST_LISTS,
];

export const TELLS: ReadonlyMap<string, Tell> = new Map(
  [SYSTEM_TELLS, AGREEMENT_TELLS, CHECK_TELLS, DISPUTE_TELLS, NOTICE_TELLS, REQUEST_TELLS].flatMap((tells) =>
    Object.entries(tells),
  ),
);
