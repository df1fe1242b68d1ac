import type { LoginResponse, MeResponse, UserInfo } from "../protocol/auth.ts";

export type { LoginResponse, MeResponse, UserInfo };

/** Who the client is. A password is exchanged for a token at the first request. */
export type Credentials =
  | { readonly type: "basic"; readonly user: string; readonly password: string }
  | { readonly type: "jwt"; readonly token: string };

/**
 * Asked before the first request, and again when the server has refused a token; `rejected` is that token.
 * May talk to the network.
 */
export type AuthProvider = (request?: { readonly rejected: string }) => Promise<Credentials>;

export const Auth = {
  /** A user's name and password. */
  basic(user: string, password: string): Credentials {
    return { type: "basic", user, password };
  },
  /** An access token from `login()`, or from an identity provider that the server trusts. */
  jwt(token: string): Credentials {
    return { type: "jwt", token };
  },
} as const;
