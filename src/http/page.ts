/** Files of the node's own pages: served as they are, under a policy that lets nothing else run or load. */

export interface Page {
  readonly type: string;
  readonly bytes: Uint8Array;
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

export function pageResponse({ type, bytes }: Page): Response {
  return new Response(new Uint8Array(bytes), {
    headers: {
      "content-type": type,
      "content-security-policy": POLICY,
      "permissions-policy": "publickey-credentials-get=(self), publickey-credentials-create=(self)",
    },
  });
}
