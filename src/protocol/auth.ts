export interface UserInfo {
  readonly id: string;
  readonly role: string;
  readonly email: string | null;
  /** RFC 3339. */
  readonly created_at: string;
  readonly updated_at: string;
}

/** Answer of `POST /v1/api/auth/login` and `/refresh`. Times are RFC 3339. */
export interface LoginResponse {
  readonly user: UserInfo;
  readonly admin_ui_access: boolean;
  readonly expires_at: string;
  readonly access_token: string;
  readonly refresh_token: string;
  readonly refresh_expires_at: string;
}

/** Answer of `GET /v1/api/auth/me`. */
export interface MeResponse {
  readonly user: UserInfo;
  readonly admin_ui_access: boolean;
}

/** Answer of `GET /v1/api/auth/status`. */
export interface SetupStatus {
  readonly needs_setup: boolean;
  readonly message: string;
}

/** Answer of `POST /v1/api/auth/setup`. */
export interface SetupResponse {
  readonly user: UserInfo;
  readonly message: string;
}

/** Error of every route but `/v1/api/sql`. */
export interface RouteError {
  readonly error: string;
  readonly message: string;
}
