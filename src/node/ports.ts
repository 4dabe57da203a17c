/** What a node is given: everything that touches the world comes in here, so that a simulation can be the world. */
import type { RefusalFacts } from "#parley/codec/refusal.ts";
import type { Instant } from "#parley/codec/time.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import type { OidcSettings } from "#parley/people/oidc.ts";
import type { ListFile } from "#parley/intel/load.ts";
import type { RuleFile } from "#parley/gate/checks/rule-set.ts";
import type { Store } from "#parley/store/store.ts";
import type { PeerTransport } from "#parley/peer/transport.ts";
import type { Vault } from "#parley/vault/vault.ts";
import type { Identity } from "./identity.ts";

export { PeerFault, type PeerTransport } from "#parley/peer/transport.ts";

/** One line of structured log: an event name and public facts. No payload, key, name or free text (style rule 11). */
export type Log = (event: string, facts: RefusalFacts) => void;

export interface NodePorts {
  readonly store: Store;
  readonly backend: CryptoBackend;
  /** Seconds since 1970. */
  readonly clock: () => Instant;
  readonly transport: PeerTransport;
  readonly identity: Identity;
  /** Where evidence files are kept; a node without one takes none and says so (`vault-absent`). */
  readonly vault?: Vault;
  readonly log: Log;
  /** The files of the operator's folder of warning lists (SPEC 16.1); absent where there is no such folder. */
  readonly readLists?: () => Promise<readonly ListFile[]>;
  /** Lets other work run: a turn of the event loop, or nothing in a simulation. */
  readonly pause: () => Promise<void>;
  /** The operator's own rules of the gate (SPEC 14.3); the same object until they change. */
  readonly gateRules?: () => RuleFile | undefined;
  /** A provider through which people may sign in (SPEC 17.8.1). */
  readonly oidc?: OidcSettings;
}
