/** The little of oidc-provider that the test's provider process uses; the package brings no types. */
declare module "oidc-provider" {
  export default class Provider {
    constructor(issuer: string, configuration: object);
    listen(port: number, ready: () => void): unknown;
  }
}
