/** The people of a data directory and the role of each; two of them are releasers, so that two can approve. */
import type { Role } from "#parley/protocols/envelope.ts";
import type { Who } from "./ports.ts";

export function roleToWho(role: Role): Who {
  switch (role) {
    case "releaser":
      return "releaser1";
    case "analyst":
    case "authority":
    case "principal":
    case "auditor":
      return role;
    default:
      return "watch";
  }
}

export function whoToRole(who: Who): Role {
  return who === "releaser1" || who === "releaser2" ? "releaser" : who;
}
