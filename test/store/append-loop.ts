/** Child process: appends for ever, and prints each size after its append has resolved. */
import { openSqliteStore } from "#parley/store/sqlite.ts";
import { feedWriter, MERIDIA, receiptOf } from "../contract/store-material.ts";

const [path = ""] = process.argv.slice(2);
const store = await openSqliteStore({ path });
const write = feedWriter(MERIDIA);
const { frontier } = await store.tip(MERIDIA);
if (frontier.size > 0) write({ entries: frontier.size });
for (let size = frontier.size + 3; ; size += 3) {
  await store.append(write({ entries: 3, receipts: [receiptOf(MERIDIA, size, "csirt-rimal", size)] }));
  console.log(size);
}
