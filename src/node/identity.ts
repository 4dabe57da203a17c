/** What a node holds in secret, and who it is. Loaded by `main.ts`; in a simulation made from a seed. */
import type { NodeSecret } from "#parley/crypto/node-key.ts";
import type { PartyChain } from "#parley/party/chain.ts";

export interface Identity {
  readonly chain: PartyChain;
  readonly secret: NodeSecret;
  /** Opens what others seal to this party; newest epoch last. */
  readonly kemSeeds: readonly Uint8Array[];
  /** Opens the party's own entries again; never published. */
  readonly archiveSeed: Uint8Array;
  readonly archiveRecipient: Uint8Array;
  /** 32 bytes: seals opened messages at rest, so that a rebuild does not unseal everything again. */
  readonly storageKey: Uint8Array;
}
