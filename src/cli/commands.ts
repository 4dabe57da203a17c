/** Every command, in the order of the help. A new one adds its line here. */
import type { Command } from "./command.ts";
import { DISCLOSURE_COMMANDS } from "./disclosure-commands.ts";
import { EVIDENCE_COMMANDS } from "./evidence-commands.ts";
import { GATE_COMMANDS } from "./gate-commands.ts";
import { INSPECT_SIGNATURES } from "./inspect-signatures.ts";
import { INSPECT_COMMANDS } from "./inspect.ts";
import { NODE_COMMANDS } from "./node-commands.ts";
import { PACK_COMMANDS } from "./pack-commands.ts";
import { PARTNER_COMMANDS } from "./partner-commands.ts";
import { REDACT_COMMANDS } from "./redact-commands.ts";
import { PEOPLE_COMMANDS } from "./people-commands.ts";
import { RELEASE_COMMANDS } from "./release.ts";
import { SCREEN } from "./screen-commands.ts";
import { speechCommand } from "./speak.ts";
import { ANSWERING_VERBS } from "./verbs-answering.ts";
import { ENDING_VERBS } from "./verbs-ending.ts";
import { OPENING_VERBS } from "./verbs-opening.ts";
import { VERIFY } from "./verify.ts";
import { VIEW_COMMANDS } from "./view-commands.ts";
import { WORK_COMMANDS } from "./work-commands.ts";

export const COMMANDS: readonly Command[] = [
  ...NODE_COMMANDS,
  ...PARTNER_COMMANDS,
  ...OPENING_VERBS.map(speechCommand),
  ...ANSWERING_VERBS.map(speechCommand),
  ...ENDING_VERBS.map(speechCommand),
  ...RELEASE_COMMANDS,
  ...GATE_COMMANDS,
  ...VIEW_COMMANDS,
  ...EVIDENCE_COMMANDS,
  ...REDACT_COMMANDS,
  SCREEN,
  ...PACK_COMMANDS,
  ...DISCLOSURE_COMMANDS,
  ...WORK_COMMANDS,
  ...PEOPLE_COMMANDS,
  VERIFY,
  ...INSPECT_COMMANDS,
  INSPECT_SIGNATURES,
];
