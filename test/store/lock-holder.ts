/** Child process: takes the lock of a directory, drops the handle, says how that went, and stays until killed. */
import { DataDirectoryLocked, lockDataDirectory } from "#parley/store/lock.ts";

const [directory = ""] = process.argv.slice(2);

function stay(): void {
  console.log("locked");
  setInterval(() => globalThis.gc?.(), 5); // the lock must outlive its handle
}

function leave(error: unknown): void {
  if (!(error instanceof DataDirectoryLocked)) throw error;
  console.log(`refused ${error.pid}`);
}

// Not awaited: the module's own frame would keep the handle alive.
lockDataDirectory(directory).then(stay, leave);
