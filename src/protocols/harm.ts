/** Codes by which a notice and a request describe harm: one list, so that both mean the same (SPEC 8-1.2, 8-2.2). */

/** The eighteen sectors of NIS2, Annex I then Annex II. */
export const NIS2_SECTORS = [
  "energy",
  "transport",
  "banking",
  "financial-market-infrastructures",
  "health",
  "drinking-water",
  "waste-water",
  "digital-infrastructure",
  "ict-service-management",
  "public-administration",
  "space",
  "postal-courier",
  "waste-management",
  "chemicals",
  "food",
  "manufacturing",
  "digital-providers",
  "research",
] as const;

/** An early notice may know no sector, and not every victim is in a listed one. */
export const SECTORS = [...NIS2_SECTORS, "other", "unknown"] as const;

export const OUTLOOKS = ["improving", "stable", "worsening"] as const;
