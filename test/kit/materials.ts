/** The bodies of the demo's case serve the tests too. */
export * from "../../tools/demo/case-material.ts";
