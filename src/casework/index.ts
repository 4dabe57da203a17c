/** What the rest of the house may use of casework. */
export { createCasework, foldChannel, type Casework, type OwedError } from "./casework.ts";
export type { CaseView } from "./case-view.ts";
export type { ChannelView } from "./channel-view.ts";
export type { EntryView } from "./entry-view.ts";
export type { FirstReceipt, OpenedEntry } from "./opened-entry.ts";
