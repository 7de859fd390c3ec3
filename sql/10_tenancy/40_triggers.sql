create trigger _100_set_updated_at
before update on public.coachs
for each row execute function private.tg_set_updated_at();
