// E-mails, left as files that only the owner reads: nothing leaves this machine.

import type { AuthSettings } from "./config.ts";

export interface Mail {
  to: string;
  subject: string;
  text: string;
}

const KEPT = 200;

/** Put a mail where `setterbase status` says that mails are. */
export async function deliver(settings: AuthSettings, mail: Mail): Promise<void> {
  const folder = settings.mail_folder;
  const stamp = new Date().toISOString().replace(/[:.]/g, "-");
  const to = mail.to.replace(/[^a-z0-9@._+-]/g, "_").slice(0, 80);
  const text = `To: ${mail.to}\nSubject: ${mail.subject}\nDate: ${new Date().toUTCString()}\n` +
    `Content-Type: text/plain; charset=utf-8\n\n${mail.text}\n`;
  const name = `${stamp}-${crypto.randomUUID().slice(0, 8)}-${to}.eml`;
  await Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o600, createNew: true });
  await sweep(folder);
}

async function sweep(folder: string): Promise<void> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isFile && entry.name.endsWith(".eml")) names.push(entry.name);
  }
  for (const name of names.sort().slice(0, Math.max(0, names.length - KEPT))) {
    await Deno.remove(`${folder}/${name}`);
  }
}
