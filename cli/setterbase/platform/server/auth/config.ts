// What the auth service is told: supabase/config.toml in the words of this program.

export interface AuthSettings {
  socket: string;
  db_url: string;
  jwt_secret: string;
  /** The gateway's address, which stands in links and in the tokens' `iss`. */
  api_url: string;
  site_url: string;
  additional_redirect_urls: string[];
  jwt_expiry: number;
  enable_signup: boolean;
  minimum_password_length: number;
  enable_email_signup: boolean;
  enable_confirmations: boolean;
  double_confirm_changes: boolean;
  otp_length: number;
  otp_expiry: number;
  refresh_token_reuse_interval: number;
  /** Where e-mails are left as files: nothing is sent. */
  mail_folder: string;
}
