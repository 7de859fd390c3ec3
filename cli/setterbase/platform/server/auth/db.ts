// The connection of the auth service, which owns the schema `auth`, and the rows in it.

import postgres from "postgres";

/** What a query can run on: a pool of connections, or a transaction. */
export type Sql = postgres.Sql;
export type Db = postgres.Sql;

/** Do `work` in one transaction; whatever it throws undoes it. */
export function within<T>(db: Db, work: (sql: Sql) => Promise<T>): Promise<T> {
  // The driver's type for a transaction has lost its call signature; the value has it.
  return db.begin((sql) => work(sql as unknown as Sql)) as Promise<T>;
}

export interface UserRow {
  id: string;
  aud: string | null;
  role: string | null;
  email: string | null;
  encrypted_password: string | null;
  phone: string | null;
  email_confirmed_at: Date | null;
  confirmed_at: Date | null;
  invited_at: Date | null;
  confirmation_token: string | null;
  confirmation_sent_at: Date | null;
  recovery_token: string | null;
  recovery_sent_at: Date | null;
  email_change: string | null;
  email_change_token_new: string | null;
  email_change_token_current: string | null;
  email_change_sent_at: Date | null;
  email_change_confirm_status: number;
  reauthentication_token: string | null;
  reauthentication_sent_at: Date | null;
  raw_app_meta_data: Metadata | null;
  raw_user_meta_data: Metadata | null;
  banned_until: Date | null;
  deleted_at: Date | null;
  is_anonymous: boolean;
  last_sign_in_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

export interface IdentityRow {
  id: string;
  provider: string;
  provider_id: string;
  user_id: string;
  identity_data: Metadata;
  email: string | null;
  last_sign_in_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

// deno-lint-ignore no-explicit-any -- a JSON object: what a client sent, or a trigger wrote
export type Metadata = Record<string, any>;

export function connect(url: string): Db {
  return postgres(url, {
    max: 5,
    idle_timeout: 60,
    onnotice: () => {}, // a trigger's notices are for the database's own log
    connection: { application_name: "setterbase auth" },
  });
}
