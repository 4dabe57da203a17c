/** Words of the evidence protocol (SPEC 8.7): code lists and arguments. It has no messages of its own. */
import { codeOf, type ArgumentKinds, type CodeLists } from "../../phrase-arguments.ts";
import * as list from "../codes.ts";

export const EVIDENCE_LISTS: CodeLists = {
  item: list.ITEMS,
  level: list.LEVELS,
  relay_result: list.RELAY_RESULTS,
  transport: list.TRANSPORTS,
  sensor_class: list.SENSOR_CLASSES,
  exhibit_kind: list.EXHIBIT_KINDS,
  custody_act: list.CUSTODY_ACTS,
  source_kind: list.SOURCE_KINDS,
  jurisdiction_basis: list.JURISDICTION_BASES,
  alternative_result: list.ALTERNATIVE_RESULTS,
  consent: list.CONSENTS,
  family_basis: list.FAMILY_BASES,
  link_method: list.LINK_METHODS,
  persona_basis: list.PERSONA_BASES,
  financial_kind: list.FINANCIAL_KINDS,
  instrument_kind: list.INSTRUMENT_KINDS,
  explanation: list.EXPLANATIONS,
};

export const EVIDENCE_ARGUMENTS: ArgumentKinds = { level: codeOf("level"), asks: codeOf("ask") };
