/**
 * A Parley node: every use case that a door may call, and nothing else.
 *
 * Each method is one thing that a person, the peer or the clock does. Expected failures are returned refusals; a
 * fault of disk or network is thrown, and leaves memory as the store has it.
 */
import type { EntryView } from "#parley/casework/index.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import type { EntryRef } from "#parley/protocols/protocol.ts";
import {
  acceptOffer,
  declineOffer,
  isInForce,
  offerAgreement,
  resendOffer,
  type TermsInput,
} from "./agreements.ts";
import { exportCarrier } from "./carrier.ts";
import { NodeCore, type LiveChannel, type LoadOptions, type NodeEvent } from "./core.ts";
import {
  approveDraft,
  type ApprovalInput,
  discardDraft,
  makeDraft,
  sayReleased,
  viewDraft,
  type DraftInput,
  type DraftView,
} from "./desk.ts";
import { sweepVault } from "./evidence-keeping.ts";
import { exchange } from "./exchange.ts";
import { holdDraft, justifyFinding, noteMitigated, type JustifyInput } from "./gate-checks.ts";
import type { DeclineReason } from "./handshake.ts";
import type { Person } from "./house.ts";
import type { Hold } from "./house-gate.ts";
import { deliverDue, tick } from "./lifecycle.ts";
import { announcePeople, recordOverdueReviews } from "./alone.ts";
import { addPerson, deactivatePerson, pair, type PairingInput } from "./people.ts";
import { Packs } from "./packs.ts";
import type { NodePorts } from "./ports.ts";
import * as reading from "./reading.ts";
import { rehash, type RehashReport } from "./rehash.ts";
import { SignIn } from "./sign-in.ts";
import { exportChannel } from "./transcripts.ts";
import { Transfers } from "./transfer.ts";
import { revealOf, type RevealInput } from "./withholding.ts";

export class ParleyNode {
  readonly core: NodeCore;
  /** Attachments on their way (SPEC 12.7). */
  readonly transfers: Transfers;
  /** Warning lists, screens and packs that are built (SPEC 16). */
  readonly packs: Packs;
  /** Links, passkeys, sessions (SPEC 17.8). */
  readonly signIn: SignIn;

  private constructor(core: NodeCore) {
    this.core = core;
    this.packs = new Packs(core);
    this.signIn = new SignIn(core);
    this.transfers = new Transfers(core);
    core.deliver = (channel) => deliverDue(core, channel);
  }

  /** Loads what the store knows. Nothing is signed before `tick` asked the peers for the own heads. */
  static async open(ports: NodePorts, options: LoadOptions = { fold: "before" }): Promise<ParleyNode> {
    const node = new ParleyNode(new NodeCore(ports));
    await node.core.load(options);
    await sweepVault(node.core, options.fold);
    announcePeople(node.core);
    return node;
  }

  /**
   * Everything that is due. May be called again before it ends: who hangs is waited for by each call, and holds up
   * nobody else's part in it.
   */
  async tick(): Promise<void> {
    await recordOverdueReviews(this.core);
    this.transfers.start();
    return tick(this.core, async (channel) => {
      await resendOffer(this.core, channel);
      await sayReleased(this.core, channel);
    });
  }

  subscribe(listener: (event: NodeEvent) => void): () => void {
    this.core.listeners.add(listener);
    return () => this.core.listeners.delete(listener);
  }

  /** One bundle from a peer (with its party id) or from a file (without). */
  exchange(body: Uint8Array, from?: string): Promise<Uint8Array> {
    return exchange(this.core, body, from);
  }

  personOf(token: string): Person | undefined {
    return this.core.house.personOf(token);
  }

  addPerson(roles: readonly Role[]): Promise<{ readonly officer: number; readonly token: string }> {
    return addPerson(this.core, roles);
  }

  deactivatePerson(officer: number): Promise<true | Refusal> {
    return deactivatePerson(this.core, officer);
  }

  pair(person: Person, input: PairingInput): ReturnType<typeof pair> {
    return pair(this.core, person, input);
  }

  offer(
    person: Person,
    offer: { readonly party: string; readonly terms?: TermsInput; readonly counters?: string },
  ): Promise<LiveChannel | Refusal> {
    return offerAgreement(this.core, person, offer);
  }

  acceptOffer(person: Person, channel: string): Promise<LiveChannel | Refusal> {
    return acceptOffer(this.core, person, channel);
  }

  declineOffer(
    person: Person,
    decline: { readonly channel: string; readonly reason: DeclineReason },
  ): Promise<true | Refusal> {
    return declineOffer(this.core, person, decline);
  }

  channel(id: string): LiveChannel | undefined {
    return this.core.channels.get(id);
  }

  isInForce(channel: LiveChannel): boolean {
    return isInForce(this.core, channel);
  }

  draft(channel: LiveChannel, person: Person, input: DraftInput): Promise<DraftView | Refusal> {
    return makeDraft(this.core, channel, person, input);
  }

  /** A draft of the `reveal` that opens one withheld place of an own message (SPEC 13.3.4). */
  async reveal(
    channel: LiveChannel,
    person: Person,
    { role, session, ...place }: Omit<RevealInput, "channel"> & Pick<DraftInput, "role" | "session">,
  ): Promise<DraftView | Refusal> {
    const said = revealOf(this.core, { ...place, channel: channel.id });
    if (isRefusal(said)) return said;
    return makeDraft(this.core, channel, person, {
      type: "reveal",
      ...said,
      role,
      ...(session && { session }),
    });
  }

  approve(person: Person, approval: ApprovalInput): Promise<DraftView | Refusal> {
    return approveDraft(this.core, person, approval);
  }

  discard(person: Person, draft: string): Promise<true | Refusal> {
    return discardDraft(this.core, person, draft);
  }

  /** A person answers for one finding of the checks (SPEC 14.7.2). */
  justify(person: Person, input: JustifyInput): Promise<true | Refusal> {
    return justifyFinding(this.core, person, input);
  }

  /** An approved draft waits until a time or the own mitigation (SPEC 14.7.6). */
  hold(person: Person, hold: { readonly draft: string; readonly hold: Hold }): Promise<true | Refusal> {
    return holdDraft(this.core, person, hold);
  }

  mitigated(person: Person, draft: string): Promise<true | Refusal> {
    return noteMitigated(this.core, person, draft);
  }

  viewDraft(draft: string): DraftView | Refusal {
    return viewDraft(this.core, draft);
  }

  readEntries(
    channel: LiveChannel,
    range: reading.PageRange & { readonly feed: string },
  ): Promise<reading.EntryPage> {
    return reading.readEntries(this.core, channel, range);
  }

  readMessages(channel: LiveChannel, views: readonly EntryView[]): ReturnType<typeof reading.readMessages> {
    return reading.readMessages(this.core, channel, views);
  }

  readHouse(range: reading.PageRange): Promise<reading.HousePage> {
    return reading.readHouse(this.core, range);
  }

  proveMessage(channel: LiveChannel, ref: EntryRef): ReturnType<typeof reading.proveMessage> {
    return reading.proveMessage(this.core, channel, ref);
  }

  evaluatePack(
    channel: LiveChannel,
    question: reading.PackQuestion,
  ): ReturnType<typeof reading.evaluatePack> {
    return reading.evaluatePack(this.core, channel, question);
  }

  /** Everything for the other side that it has not receipted, as a `.parley` file. */
  exportCarrier(channel: LiveChannel): Promise<Uint8Array> {
    return exportCarrier(this.core, channel);
  }

  /** The whole channel as a transcript (SPEC 7.1), signed by this node. */
  exportTranscript(channel: LiveChannel): Promise<Uint8Array> {
    return exportChannel(this.core, channel);
  }

  /** Lets a channel sign although nobody answered after a start (wire.md 6); recorded under the officer's number. */
  async confirmSigning(person: Person, channel: LiveChannel): Promise<true | Refusal> {
    if (!person.roles.includes("principal")) return refuse("gate-role", { role: "principal" });
    if (channel.signing === "frozen") return refuse("fork");
    await this.core.record({ type: "house.confirm", channel: channel.id, officer: person.officer });
    channel.signing = "allowed";
    this.core.emit({ type: "mode", channel: channel.id, signing: "allowed" });
    return true;
  }

  /** Every entry hashed again and compared with the last signed head; freezes the channel on a difference. */
  async rehash(channel: LiveChannel): Promise<RehashReport> {
    return rehash(this.core, channel);
  }
}
