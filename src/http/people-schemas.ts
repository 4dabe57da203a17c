/** Schemas of sign-in, people and approvals (SPEC 17). Bytes are base64url; names are those of strict JSON. */
import { Type } from "typebox";
import { ALONE_REASONS, CREDENTIAL_LABELS, FINDINGS, SIGN_IN_METHODS } from "#parley/node/house-people.ts";
import { AssertionSchema } from "#parley/party/approvals.ts";
import { closed, codes, Digest, ROLES, Uuid } from "#parley/protocols/envelope.ts";

const Bytes = (maxLength: number) => Type.String({ pattern: "^[A-Za-z0-9_-]+$", maxLength });
const Secret = Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" });
const Officer = Type.Integer({ minimum: 1, maximum: 999_999 });
const Instant = Type.Integer({ minimum: 0 });
const Roles = Type.Array(codes(ROLES), { minItems: 1, maxItems: ROLES.length, uniqueItems: true });
/** Options for `navigator.credentials`, in the form of WebAuthn Level 3. */
const Options = Type.Object({});

export const LinkRequest = closed({ link: Secret });
export const RegistrationBegun = closed({
  officer: Officer,
  roles: Roles,
  challenge: Secret,
  options: Options,
});
export const Registration = closed({
  challenge: Secret,
  answer: closed({
    attestation_object: Bytes(8_192),
    client_data: Bytes(2_731),
    credential: Bytes(1_364),
  }),
  label: codes(CREDENTIAL_LABELS),
});
export const SignInBegun = closed({ challenge: Secret, options: Options });
export const SignInRequest = closed({ challenge: Secret, answer: AssertionSchema });
/** `token` goes into the header of requests that change something. */
export const SessionShown = closed({
  officer: Officer,
  roles: Roles,
  token: Secret,
  session: Type.String(),
  method: codes(SIGN_IN_METHODS),
});
export const SessionList = Type.Array(
  closed({
    session: Type.String(),
    method: codes(SIGN_IN_METHODS),
    started_at: Instant,
    seen_at: Instant,
    own: Type.Boolean(),
  }),
);
export const SessionParam = { session: Type.String({ pattern: "^[A-Za-z0-9_-]{16}$" }) } as const;

export const TotpBegun = closed({ officer: Officer, challenge: Secret, address: Type.String() });
const Code = Type.String({ pattern: "^[0-9]{6}$" });
export const TotpRegistration = closed({ challenge: Secret, code: Code });
export const TotpSignIn = closed({ officer: Officer, code: Code });

export const OidcRequest = closed({ link: Type.Optional(Secret) });
export const OidcBegun = closed({ address: Type.String(), state: Secret });
export const OidcReturn = closed({
  code: Type.String({ minLength: 1, maxLength: 2_048 }),
  state: Secret,
  iss: Type.Optional(Type.String({ maxLength: 512 })),
});
export const Methods = closed({ passkey: Type.Boolean(), oidc: Type.Boolean(), totp: Type.Boolean() });

export const LinkWanted = Type.Union([closed({ roles: Roles }), closed({ officer: Officer })]);
export const LinkMade = closed({
  link: Uuid,
  officer: Officer,
  roles: Roles,
  until: Instant,
  /** A second person has to agree before it serves. */
  waits: Type.Boolean(),
  /** What follows `#link=` in the address; in this answer and nowhere else. */
  secret: Secret,
});
export const Waiting = Type.Array(
  closed({
    id: Uuid,
    what: codes(["link", "approvals-off"]),
    by: Officer,
    officer: Type.Optional(Officer),
    roles: Type.Optional(Roles),
  }),
);
export const IdParam = { id: Uuid } as const;
export const SettingShown = closed({ approvals: codes(["any", "passkey"]), waits: Type.Optional(Uuid) });
export const SettingRequest = closed({ approvals: codes(["any", "passkey"]) });

export const CredentialShown = closed({
  credential: Type.String(),
  officer: Officer,
  key: Type.String(),
  device_bound: Type.Boolean(),
  label: codes(CREDENTIAL_LABELS),
  origin: Type.String(),
  active: Type.Boolean(),
});
export const CredentialList = Type.Array(CredentialShown);
export const CredentialParam = { credential: Bytes(1_364) } as const;

/** `check` stands where the gate found something: the challenge covers it (SPEC 17.2.1). */
export const ApprovalBegun = closed({
  digest: Digest,
  check: Type.Optional(Digest),
  challenge: Secret,
  options: Options,
});
export const ApprovalWanted = closed({ role: codes(ROLES) });
export const AloneRequest = closed({
  role: codes(ROLES),
  digest: Digest,
  check: Type.Optional(Digest),
  reason: codes(ALONE_REASONS),
  assertion: Type.Optional(AssertionSchema),
});
export const ReviewShown = closed({
  draft: Uuid,
  officer: Officer,
  role: codes(ROLES),
  reason: codes(ALONE_REASONS),
  at: Instant,
  overdue: Type.Boolean(),
  reviewed_by: Type.Optional(Officer),
  finding: Type.Optional(codes(FINDINGS)),
});
export const ReviewList = Type.Array(ReviewShown);
export const ReviewRequest = closed({ finding: codes(FINDINGS) });
export const Unsound = Type.Array(
  closed({ record: Type.String(), code: Type.String(), officer: Type.Integer() }),
);

export const ApprovalsChecked = closed({
  party: Digest,
  channel: Digest,
  entry: closed({ feed: Digest, seq: Type.Integer({ minimum: 0 }) }),
  digest: Digest,
  approvals: Type.Array(
    closed({
      officer: Officer,
      role: Type.String(),
      key: Type.String(),
      standing: codes(["listed", "claimed"]),
    }),
  ),
});
/** The file of SPEC 17.4, as it is. */
export const ApprovalsFile = closed({ approvals: Type.String({ minLength: 2, maxLength: 90_000 }) });
