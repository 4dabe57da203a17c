/** A real OpenID Connect provider in a process of its own: `provider.ts PORT REDIRECT`. Says `ready` when it listens. */
import Provider from "oidc-provider";

const [port = "", redirect = ""] = process.argv.slice(2);
const provider = new Provider(`http://localhost:${port}`, {
  clients: [
    {
      client_id: "parley",
      client_secret: "a-secret-of-the-test-that-is-long-enough",
      redirect_uris: [redirect],
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  cookies: { keys: ["a key of the test"] },
  pkce: { required: () => true },
});
provider.listen(Number(port), () => process.stdout.write("ready\n"));
