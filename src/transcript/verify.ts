/**
 * Verification of a whole record (SPEC 7.3): bytes and trust in, what was established out.
 *
 * It never throws on any bytes, and believes nothing that a party of the trust file did not sign. It says "complete"
 * only up to heads that every other party receipted. It deliberately knows no clock and no network: what came after
 * the last head is not its subject.
 */
import { isRefusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { orderEntries } from "./channel-order.ts";
import { checkEnds, checkSeen, noteWantedSizes } from "./channel-seen.ts";
import { readEntries } from "./feed-entries.ts";
import { judgeHeads, readHeads, type SignatureScope } from "./feed-heads.ts";
import { growTrees } from "./feed-roots.ts";
import { beginFeed, firstFaults, provenTo, shownOf, type FeedWork } from "./feed-work.ts";
import { establishGround, toFault, type Ground, type Member } from "./ground.ts";
import { createLineCounter } from "./head-lines.ts";
import type {
  Fault,
  FeedReport,
  FoundFork,
  PartyReport,
  Reason,
  Receipted,
  TranscriptReport,
} from "./report.ts";
import { readSections, type Sections } from "./sections.ts";
import { asksForQuorum, type Trust } from "./trust.ts";

export interface VerifyOptions {
  /**
   * `all`: every head and every receipt. `last`: only the last head of each feed and its receipts, which is enough for
   * the integrity of all entries; brackets are then wider, and older receipts are not vouched for.
   */
  readonly signatures: SignatureScope;
}

export function verifyTranscript(
  backend: CryptoBackend,
  bytes: Uint8Array,
  trust: Trust,
  options: VerifyOptions = { signatures: "all" },
): TranscriptReport {
  const sections = readSections(bytes);
  if (isRefusal(sections)) return nothingEstablished(toFault(sections.code, sections.facts), options);
  const ground = establishGround(backend, sections, trust);
  if (isRefusal(ground)) return nothingEstablished(toFault(ground.code, ground.facts), options);

  const works = beginFeeds(ground, sections);
  for (const work of works) readEntries(backend, ground, work);
  for (const work of works) readHeads(ground, work);
  noteWantedSizes(works, ground.manifest);
  for (const work of works) growTrees(backend, work);
  const judging = { signatures: options.signatures, countUnread: createLineCounter(backend.sha256) };
  const forks = works.flatMap((work) => judgeHeads(backend, ground, work, judging));
  checkSeen(works);
  checkEnds(works, ground.manifest);
  const found = { faults: [...ground.faults, ...sectionFaults(ground, sections)], forks };
  return conclude({ ground, works, found, trust, options });
}

/** A feed for each party, in their order; one that the file does not have is empty. */
function beginFeeds(ground: Ground, sections: Sections): readonly FeedWork[] {
  const missing = {
    feed: undefined,
    listed: new Uint8Array(0),
    slots: [],
    checkpoints: [],
    brokenAt: undefined,
  };
  return ground.members.map((member, i) =>
    beginFeed(member, sections.feeds[i] ?? { ...missing, feed: member.party }),
  );
}

function sectionFaults(ground: Ground, { feeds, misplaced }: Sections): readonly Fault[] {
  const faults: Fault[] = [];
  if (feeds.length !== ground.members.length)
    faults.push(toFault("transcript-malformed", { feeds: feeds.length }));
  if (misplaced !== undefined) faults.push(toFault("transcript-malformed", { record: misplaced }));
  return faults;
}

interface Conclusion {
  readonly ground: Ground;
  readonly works: readonly FeedWork[];
  readonly found: { readonly faults: readonly Fault[]; readonly forks: readonly FoundFork[] };
  readonly trust: Trust;
  readonly options: VerifyOptions;
}

/** SPEC 7.4. */
function conclude({ ground, works, found, trust, options }: Conclusion): TranscriptReport {
  const feeds = works.map(toFeedReport);
  const faults: readonly Reason[] = [
    ...found.faults,
    ...feeds.flatMap(({ feed, faults: own }) => own.map((fault) => ({ ...fault, feed }))),
  ];
  const missing = missingForCompleteness(ground, feeds, trust);
  return {
    verdict: faults.length > 0 ? "failed" : missing.length > 0 ? "incomplete" : "complete",
    reasons: [...faults, ...missing],
    signatures_checked: options.signatures,
    channel: ground.channel,
    ...claimsOf(ground),
    genesis: ground.genesis,
    parties: ground.members.map(toPartyReport),
    feeds,
    faults: found.faults,
    warnings: ground.warnings,
    forks: found.forks,
    entries: orderEntries(works),
    receipts: works.flatMap(({ receipts }) => receipts),
  };
}

/** SPEC 7.4.2: nothing is complete that another party did not receipt to its last entry. */
function missingForCompleteness(
  ground: Ground,
  feeds: readonly FeedReport[],
  trust: Trust,
): readonly Reason[] {
  const reasons: Reason[] = [];
  for (const { feed, shown, receipted } of feeds) {
    if (shown === 0) {
      reasons.push({ ...toFault("feed-empty"), feed });
      continue;
    }
    const others = ground.members.filter(({ party }) => party !== feed);
    // A house feed has no other party: nobody but its owner says where it ends.
    if (others.length === 0) reasons.push({ ...toFault("receipt-missing", { shown, size: 0 }), feed });
    for (const { party: by } of others) {
      const size = receipted.find((receipt) => receipt.by === by)?.size ?? 0;
      if (size < shown) reasons.push({ ...toFault("receipt-missing", { by, shown, size }), feed });
    }
  }
  if (asksForQuorum(trust)) reasons.push(toFault("quorum-unchecked"));
  return reasons;
}

function claimsOf({ manifest }: Ground): Pick<TranscriptReport, "exporter" | "exported_at"> {
  return manifest === undefined ? {} : { exporter: manifest.exporter, exported_at: manifest.exportedAt };
}

function toPartyReport({ party, chain }: Member): PartyReport {
  return { party, name: chain.latest.name, handle: chain.latest.handle, versions: chain.versions.length };
}

function toFeedReport(work: FeedWork): FeedReport {
  const faults = firstFaults(work);
  const [first] = faults;
  const count = { withheld: 0, erased: 0, unreadable: 0 };
  for (const { opening } of work.section.slots) if (opening.kind === "withheld") count[opening.reason]++;
  return {
    feed: work.feed,
    shown: shownOf(work),
    signed_to: work.signedTo,
    proven_to: provenTo(work),
    receipted: largestReceipts(work),
    ...count,
    ...(first === undefined ? {} : { first_bad: first }),
    faults,
    warnings: work.warnings,
    warnings_left_off: work.warningsLeftOff,
  };
}

function largestReceipts({ receipts }: FeedWork): readonly Receipted[] {
  const byGiver = new Map<string, Receipted>();
  for (const { by, size, at } of receipts) {
    if (size >= (byGiver.get(by)?.size ?? 0)) byGiver.set(by, { by, size, at });
  }
  return [...byGiver.values()];
}

function nothingEstablished(fault: Fault, { signatures }: VerifyOptions): TranscriptReport {
  return {
    verdict: "failed",
    reasons: [fault],
    signatures_checked: signatures,
    parties: [],
    feeds: [],
    faults: [fault],
    warnings: [],
    forks: [],
    entries: [],
    receipts: [],
  };
}
